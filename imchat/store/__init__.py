"""The one door to Valkey: typed calls of a Lua function library, and an embedded server."""
