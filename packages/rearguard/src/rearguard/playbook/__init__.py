"""How to do it right: worked pages, one per capability, with code per framework."""
