//! The health of an account as one number, its parts, and what would raise it.
