"""Fetching what a command line names."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import fastfetch
from fastfetch._cli import terminal
from fastfetch._cli.arguments import parse
from fastfetch._cli.folder import Folder
from fastfetch._cli.outcomes import Outcome
from fastfetch._cli.outputs import Body, Exists, Head, JsonLines, Lines, refuse
from fastfetch._cli.requests import Requests, first_url
from fastfetch._cli.sources import Known, source
from fastfetch._cli.tally import Tally

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from fastfetch._cli.outputs import Output
    from fastfetch._cli.sources import Source
    from fastfetch._options import BatchOptions

__all__ = ["finished", "run"]

OK, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
LOOK = 0.1  # seconds between two looks at a batch that is to stop at the first failure


def run(words: Sequence[str]) -> int:
    """Fetches, writes and says what became of it; returns the exit code."""
    options = parse(words)
    try:
        urls = source(options.urls, options.input)
    except OSError as error:
        terminal.complain(f"--input: {error.filename}: {error.strerror}")
        return USAGE
    except ValueError as error:
        terminal.complain(f"--input: {error}")
        return USAGE
    try:
        job = Job(options, urls)
        return asyncio.run(job.table() if options.parquet else job.stream())
    except (Exists, ValueError) as error:
        terminal.complain(str(error))
        return USAGE
    except fastfetch.CheckpointError as error:
        terminal.complain(str(error))
        return FAILED


class Job:
    """All that a command line wants."""

    def __init__(self, options: argparse.Namespace, urls: Source) -> None:
        self._options = options
        self._urls = urls
        self._alone = (
            options.input is None and len(options.urls) == 1 and not options.output and not options.jsonl
        )
        self._client = fastfetch.Client(headers=options.headers, cookies=None)
        self._requests = Requests("HEAD" if options.head else "GET")
        self._tally = Tally()

    async def stream(self) -> int:
        """Writes each outcome as it comes."""
        output = self._output()
        completed = self._client.as_completed(self._requests.over(self._urls), **self._fetching())
        interrupted = False
        try:
            async for response in completed:
                if self._take(output, response):
                    break
                if _cancelled():
                    # Where there is always more to write, no wait is there to be cut short but this one.
                    await asyncio.sleep(0)
        except asyncio.CancelledError:
            interrupted = True
            for response in finished(completed):
                self._take(output, response)
        finally:
            await completed.aclose()
            output.close()
        return self._end(interrupted)

    async def table(self) -> int:
        """Writes all outcomes at the end."""
        path = self._options.parquet
        refuse(path, overwrite=self._options.overwrite)
        urls = [*self._urls] if isinstance(self._urls, Known) else [url async for url in self._urls]
        items = [_head(url) for url in urls] if self._options.head else urls
        batch = fastfetch.Batch(items, client=self._client, **self._fetching())
        interrupted = await self._wait(batch)
        results = batch.results
        results.save(path)
        for index, response in enumerate(results):
            self._count(Outcome(index, first_url(response), response))
        return self._end(interrupted)

    async def _wait(self, batch: fastfetch.Batch) -> bool:
        """Waits until all is done, or enough has failed; True where it was interrupted."""
        task = asyncio.ensure_future(batch)
        try:
            while not task.done():
                await asyncio.wait([task], timeout=LOOK if self._options.fail_fast else None)
                if self._options.fail_fast and batch.progress.done > batch.progress.ok:
                    break
        except asyncio.CancelledError:
            return True
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        if not task.cancelled():
            task.result()
        return False

    def _fetching(self) -> BatchOptions:
        options = self._options
        return {
            "concurrency": options.concurrency,
            "per_host": options.per_host,
            "rate": options.rate,
            "retry": options.retries + 1 if options.retries else None,
            "timeout": options.timeout,
            "checkpoint": options.checkpoint,
            # Lines on a terminal show how far it is, and a bar would be drawn between them.
            "progress": False if options.quiet or self._shows_data() else None,
        }

    def _shows_data(self) -> bool:
        """Does a person see the data as they come?"""
        options = self._options
        elsewhere = options.output or options.parquet or options.jsonl not in (None, "-")
        return not elsewhere and terminal.is_shown(sys.stdout)

    def _output(self) -> Output:
        options = self._options
        if options.output:
            return Folder(options.output, overwrite=options.overwrite)
        if options.jsonl:
            return JsonLines(options.jsonl, overwrite=options.overwrite)
        if self._alone:
            return Head() if options.head else Body()
        return Lines()

    def _take(self, output: Output, response: fastfetch.Response) -> bool:
        """Writes what became of a URL; True where that is the end of all."""
        outcome = self._requests.outcome(response)
        output.take(outcome)
        self._count(outcome)
        return self._options.fail_fast and not response.ok

    def _count(self, outcome: Outcome) -> None:
        self._tally.count(outcome)
        options = self._options
        is_the_end = (self._alone or options.fail_fast) and not options.quiet
        if (options.verbose or is_the_end) and not outcome.response.ok:
            terminal.complain(outcome.message)

    def _end(self, interrupted: bool) -> int:
        """Says what it came to; returns the exit code."""
        if not self._options.quiet and not self._alone:
            terminal.say(f"{'interrupted: ' if interrupted else ''}{self._tally}")
        if interrupted:
            return INTERRUPTED
        return FAILED if self._tally.failed else OK


def _cancelled() -> bool:
    """Has somebody asked this task to end?"""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _head(url: str) -> str | fastfetch.Request:
    """The request for the headers of a URL; or the URL, where that is none."""
    try:
        return fastfetch.Request("HEAD", url)
    except fastfetch.InvalidURL:
        return url


def finished(completed: fastfetch.Completed) -> Iterator[fastfetch.Response]:
    """The responses that are there already. Nothing more is begun."""
    completed._more = False
    while True:
        completed._turn.begin()  # No loop turns any more, so none is to be let turn between two of them.
        step = completed.__anext__()
        try:
            step.send(None)
        except StopIteration as there:
            yield there.value
        except (StopAsyncIteration, fastfetch.FetchError):
            return
        else:
            step.close()
            return
