"""f1core in other people's frameworks: one module each, imported only by who asks for it."""
