"""How it is measured: the words of RESULTS.md."""

from .contenders import IN_FLIGHT, SECONDS
from .matrix import LAG
from .workloads.harness import WARM_UP

METHOD = f"""\
Every program is a process of its own against one server on loopback, one program at a time, in interleaved
rounds, each of which begins with another program (A B C, B C A, C A B): the first finds memory that a virtual
machine has to fetch from its host, those after it what has been touched. The server is one nginx worker; for
uploads and answers that take their time it is a small hyper program of one thread. All URLs are distinct and
built before the clock starts; so are the imports, the client and the requests of warm-up ({WARM_UP} of small
answers; none where connections are to be made), which open the connections. Each program says how many
answers had status 200 and how large all bodies were together; where that is not what was asked for, its row
says so instead of showing figures. A slow peer gets fewer requests, as many as it answers in about
{SECONDS} s; its figures are those of each request.

Every peer is used in the fastest way that its documentation has: one client, or session, for all requests;
{IN_FLIGHT} tasks, or as many as the title says, that take URLs from one list and await one answer after the
other; as many connections as are in flight, or one for HTTP/2. pycurl runs its multi interface under epoll,
requests a pool of threads: neither is awaited. fastfetch is shown in this way (*fastfetch*) and as one call
for the whole list (*fastfetch.gather*).

* **gather**: fastfetch gets the whole list in one `gather` and holds all answers until it ends; "every body
  read" then reads each from Python while the clock still runs. The asyncio peers run one task per URL under
  `asyncio.gather` and a semaphore, as tutorials teach.
* **gzip**, **br**: the same body, sent compressed; the size that is checked is that of the decoded body.
* **100KB**, **1MB**, **10MB**: every program lets go of a body when it has its length, but "all held".
* **tls-cold**: the server gives nothing to resume a session with. **tls-resumed**: it does, and closes the
  connection after each answer: who cannot resume pays for a whole handshake. Certificates are checked.
* **http2**: the server refuses what is not HTTP/2.
* **hosts**: all of 127.0.0.0/8 leads to the one nginx; every host gets one request and one connection.
* **slow-answers**: one connection for each of the requests in flight, opened while the clock runs.
* **hold**: every status, headers and body stays alive to the end, as the library hands it out.
* **deadline-N**: what had not come when the batch's time was over is given up; *in time* is what had.
* The floor programs are Rust alone on a one-thread runtime: reqwest's client, and bare hyper connections.

* **rate**: count / wall time; **spread**: (highest - lowest) / median of the rounds' rates.
* **CPU**: user + system time of the whole process, all threads, while the clock runs.
* **peak RSS**: of the whole process over its whole life, import and warm-up included. MB is 10⁶ bytes.
* **lag p99**: a task beside the requests sleeps for a millisecond again and again and notes how much later
  than that it goes on. It costs time, so it runs in one more round, of which nothing else is kept; in
  {", ".join(LAG)}, for programs with an event loop.
* All figures are medians of the rounds; ratios are ratios of medians. Some tables take part in fewer rounds:
  those of which one round takes long, or tells what more would tell again.

What a batch promises beside its speed is tried by more programs, in one or two rounds.

* **start**: each interpreter is a fresh one, and its files are in the page cache. Wake-ups are the voluntary
  context switches of all threads in two seconds after a batch, beyond those of a loop that only sleeps. The
  wheel is what is installed, packed again.
* **stream**: by how much the memory in use (RSS) rises above what it was after the first 50,000 responses,
  seen every 5,000; the rate, and its ratio to that of `gather` for 100,000 of the same URLs.
* **pace**: a server in a process of its own notes when each request arrives. The mean rate leaves out the
  burst that may begin at once; "worst second" is the most that arrived within any one second, over what the
  rate and its burst allow in one.
* **instructions**: counted by callgrind in a run of few and a run of many; the difference is shared out, so
  what is done once falls out. It counts some large copies byte by byte. The kernel's share is not in it.
* **dead**: when 95 % of the requests to good hosts are done, with and without one that opens no connection.
* **slow**: when the last request to a fast host is done, though those to a slow one come first: by
  `as_completed`, and by one task per URL under a semaphore.
* **json**: the records of *decode*, and statuses of a social network: nested, many short strings, many
  scripts, some escapes. Either reads about a megabyte before it is the other's turn; medians of the pairs.
* **lag**: a task sleeps for a millisecond again and again and notes how much later than that it goes on.
* **watched**: the median of the ratios within the pairs, of which either comes first in turn.
* **table**: what the bodies alone cost, copied one after another into one buffer, is taken off.
* **json_table**: each way in a process of its own, which holds the bodies; peak memory is what comes to them.
"""
