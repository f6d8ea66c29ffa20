"""What judging borrows: expressions, the names of licences, and gates from other packages."""
