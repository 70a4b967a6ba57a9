"""The careful reader: a small transformer that reads the sentence and what stands around it."""

import os

# From 1.29 on, onnxruntime reports to its makers unless this is set before it is first imported;
# nothing leaves the machine.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
