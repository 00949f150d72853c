"""fastfetch: bodies become one typed table, beside orjson and polars: `benches.json_table`."""

import json
from typing import Any

from benches.json_table import compare

from .harness import Job


def main(job: Job) -> dict[str, float]:
    found: dict[str, Any] = compare(job.count)
    ours = found["fastfetch"]
    return {
        "seconds": ours["seconds"],
        "MB per s": ours["megabytes"] / ours["seconds"],
        "rate / orjson and polars": found["rate beside orjson and polars"],
        "peak memory / bodies": ours["peak"],
    }


print(json.dumps(main(Job.from_arguments())))
