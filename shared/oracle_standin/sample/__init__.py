"""A sample schema: orders of a small trading house, one row of every type, SAP's widest table.

Everything in it is the same on every run. Values come from a seeded generator, and rows are put
together from pools of cells that are encoded once, so that the schema stands in a quarter second.
"""
