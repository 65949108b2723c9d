"""The results of the real jq, for tests/scores/jq.rs: each line of standard input is `[expression, input]` as
JSON, each line of standard output `{"results": [...]}` or `{"error": "..."}`. It needs `pip install jq`."""

import json
import sys

import jq

for line in sys.stdin:
    expression, value = json.loads(line)
    try:
        results = jq.compile(expression).input_text(json.dumps(value)).all()
        print(json.dumps({"results": results}))
    except Exception as error:
        print(json.dumps({"error": str(error)}))
    sys.stdout.flush()
