//! The model, the decisions, the ports and the engine.
