"""The house rules, checked: tools/lint.py is the program, this package its rules."""
