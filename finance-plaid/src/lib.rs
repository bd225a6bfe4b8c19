//! Plaid as a bank provider.
