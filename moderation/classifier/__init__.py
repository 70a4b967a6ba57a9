"""Text in, calibrated probabilities and the words behind them out; knows no storage and no web."""
