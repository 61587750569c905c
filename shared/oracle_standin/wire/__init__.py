"""Oracle's network protocol from a server's side: packets, login, calls and replies.

PROTOCOL.md beside this package tells the protocol message by message.
"""
