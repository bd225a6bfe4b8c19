//! Scenarios through the real client, the simulator and each store.
