"""Real servers on loopback for the tests: raw bytes, routes, HTTP/2, nginx, httpbin, proxies, and TLS."""
