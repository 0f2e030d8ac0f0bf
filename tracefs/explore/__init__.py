"""Exhaustive exploration: every order in which CPUs can take their steps, on the machine itself.

stage.py stands a booted machine at the begin of a change of call sites, steps it instruction by
instruction and takes it back; search.py goes through all orders that differ; nmi.py says which
CPUs do what and what must hold; command.py is ``tracefs explore``.
"""
