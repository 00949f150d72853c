"""A web site on this machine, for trying things out without the network.

>>> import fastfetch
>>> from fastfetch.demo import Site
>>> with Site() as site:
...     results = await fastfetch.gather(f"{site.url}/json/{number}" for number in range(100))
>>> results.counts
{200: 100}

For other programs, ``python -m fastfetch.demo`` starts it, says where it is, and waits for Ctrl-C.

What an answer is, its path says; `site.url` itself lists all paths:

===============================  ======================================================================
``/json/N``                      a small JSON object
``/user/N``                      a nested JSON object: address, tags, orders, fields that are not always there
``/users?page=N&per_page=M``     a page of 500 such users, as a list at ``data.items``
``/items?page=N&per_page=M``     a page of 1,000 items, with ``Link: rel="next"``; more than 20 requests a
                                 second get 429 and ``Retry-After: 1``
``/page/N``                      an HTML page that links to others
``/picture.png``                 a picture
``/file/SIZE``                   so many bytes
``/slow/MS``                     an answer after so many milliseconds
``/status/N``                    an answer with this status
``/redirect/N``                  so many redirects, then ``/json/1``
``/missing``, ``/broken``        404 and 500
``/flaky/KEY?fail=N``            503 and ``Retry-After: 0`` the first N times for this key, then 200
``/events``                      server-sent events
``/truncated``                   a body that ends too early
``/reset``                       a connection that is reset before any answer
``/hostile``                     headers, a page and links that would harm whoever shows them unescaped
``/private/N``                   a page that ``/robots.txt`` asks robots not to fetch
``/echo``                        the request itself, of any method, as JSON
===============================  ======================================================================
"""

from fastfetch.demo._site import Site

__all__ = ["Site"]
