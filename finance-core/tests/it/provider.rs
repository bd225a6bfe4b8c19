//! The scripted provider keeps every promise of the port.

use std::sync::Arc;

use finance_core::conformance::ScriptedProvider;

finance_core::provider_conformance_tests!(Arc<ScriptedProvider>);
