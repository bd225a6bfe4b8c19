//! A stateful server that speaks the JSON of Plaid.
