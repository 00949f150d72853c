"""Requests that are cancelled wherever they are, and servers that tell when they have learnt of it."""
