//! The two sides of a transfer between accounts of one user.
