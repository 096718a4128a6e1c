"""The server: nodes that hold sockets, and nothing else that matters."""
