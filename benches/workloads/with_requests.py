"""requests: one session in a pool of threads."""

from concurrent.futures import ThreadPoolExecutor

import requests
from requests.adapters import HTTPAdapter

from .harness import Job, Meter, Tally


def main(job: Job) -> None:
    session = requests.Session()
    session.mount("http://", HTTPAdapter(pool_connections=1, pool_maxsize=job.in_flight))

    def read(url: str) -> tuple[int, int]:
        response = session.get(url)
        return response.status_code, len(response.content)

    def decode(url: str) -> tuple[int, int]:
        response = session.get(url)
        return response.status_code, len(response.json())

    def run(urls: list[str]) -> Tally:
        tally = Tally()
        for status, size in pool.map(fetch, urls):
            tally.add(status, size)
        return tally

    fetch = {"gather": read, "decode": decode}[job.mode]
    with ThreadPoolExecutor(job.in_flight) as pool:
        run(job.warm_up())
        urls = job.urls()
        meter = Meter()
        tally = run(urls)
        meter.stop()
    meter.report(job.count, tally)


main(Job.from_arguments())
