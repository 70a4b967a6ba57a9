"""Rows: the tables, the engine, and the queries. Functions here never commit; their callers do."""
