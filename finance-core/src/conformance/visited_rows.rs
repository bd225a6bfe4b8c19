//! A visitor to test with.

use std::sync::{Arc, Mutex};

use crate::{TransactionView, TransactionVisitor};

/// A visitor that keeps the rows; its clones keep them together.
#[derive(Debug, Clone, Default)]
pub struct VisitedRows(Arc<Mutex<Vec<TransactionView<'static>>>>);

impl VisitedRows {
    /// The rows since the last call.
    pub fn take(&self) -> Vec<TransactionView<'static>> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl TransactionVisitor for VisitedRows {
    fn visit(&mut self, row: &TransactionView<'_>) {
        self.0.lock().unwrap().push(row.to_owned_view());
    }
}
