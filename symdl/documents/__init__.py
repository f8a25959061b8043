"""Documents -> statements with line and column -> findings, repairs."""
