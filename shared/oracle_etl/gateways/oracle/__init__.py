"""Oracle, through python-oracledb, which nothing else imports."""
