"""Links banks through Plaid and keeps exactly one row per real transaction."""

from ._engine import *
