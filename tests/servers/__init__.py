"""Real servers on loopback for the tests: raw bytes, routes, nginx, httpbin, and certificates for them."""
