"""A guest that is nothing but kernel/trace: writers to drive and to interrupt."""
