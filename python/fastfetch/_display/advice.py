"""What to do about an error, in a sentence."""

_ADVICE = {
    "InvalidURL": "Write the URL in full, with http:// or https:// before it.",
    "InvalidRequest": "Change what the message names; nothing was sent.",
    "DNSError": "Look for a misspelt host name, and whether this machine reaches its name servers.",
    "ConnectionRefused": "Look whether the server runs, and whether the port is the right one.",
    "ProxyError": "Look at the proxy that `proxy=` or the environment names; `proxy=False` goes without.",
    "CertificateError": "Pass the certificate authority that signed it: `Client(tls=TLS(ca=…))`.",
    "TLSError": "Look whether the port speaks TLS at all, and which versions it takes.",
    "ConnectTimeout": "Try again with `retry=3`, or give it more time: `timeout=Timeout(connect=30)`.",
    "ReadTimeout": "Try again with `retry=3`, or give it more time: `timeout=Timeout(read=120)`.",
    "WriteTimeout": "Try again with `retry=3`, or give it more time: `timeout=Timeout(write=120)`.",
    "PoolTimeout": "Allow more at once, `Limits(concurrency=…)`, or more time: `timeout=Timeout(pool=60)`.",
    "TotalTimeout": "Give the request more time, `timeout=…`, or the whole batch, `deadline=…`.",
    "IncompleteBody": "Try again with `retry=3`: the connection ended too early.",
    "LimitExceeded": "Where so much is wanted, raise the bound that the message names, such as `max_body=…`.",
    "ProtocolError": "The server is at fault; `Client(http2=False)` keeps to the older protocol.",
    "DecodeError": "Look at `response.text` and at the Content-Type: it may be an error page.",
    "TooManyRedirects": "Look at `error.history`: the server leads in a circle, or wants a cookie first.",
    "UnsafeRedirect": "Look where it leads: `follow_redirects=False` shows the redirect itself.",
    "RedirectError": "Look where it leads: `follow_redirects=False` shows the redirect itself.",
    "StatusError": "Look at `error.response`: the server says there what it did not like.",
    "DisallowedByRobots": "The host does not want this to be fetched; `robots=False` does not ask it.",
    "CheckpointError": "Make room for the file or name another one: `checkpoint=…`.",
    "ClientClosed": "Make another `Client`, or stay within its `async with`.",
    "ConnectError": "Try again with `retry=3`: the connection was lost before the answer began.",
    "FetchError": "Try it again; if it comes again, please report it.",
}


def advice(error: BaseException) -> str:
    """What to do about an error; of its class, or of the nearest one above.

    >>> import fastfetch
    >>> advice(fastfetch.ConnectionRefused())
    'Look whether the server runs, and whether the port is the right one.'
    """
    known = (_ADVICE[cls.__name__] for cls in type(error).__mro__ if cls.__name__ in _ADVICE)
    return next(known, "Your own code raised it: in a hook, in `auth`, in `on_response` or in a body.")
