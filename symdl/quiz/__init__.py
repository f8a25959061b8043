"""Questions and answers: marking, banks, classes and streams."""
