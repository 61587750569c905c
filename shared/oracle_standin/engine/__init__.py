"""The stand-in's database: users, tables, versions of rows, and the SQL that reads them."""
