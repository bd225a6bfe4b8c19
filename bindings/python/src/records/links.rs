//! What the link dialogue tells.

use finance_core::{InstitutionRef as CoreRef, LinkedAccount as CoreAccount};

use crate::record::record;

record! {
    /// An account that the user chose in the dialogue, as its metadata tells.
    LinkedAccount {
        /// Its name.
        name: Option<String>,
        /// The last digits of its number.
        mask: Option<String>,
        /// The provider's type.
        provider_type: Option<String>,
        /// The provider's subtype.
        provider_subtype: Option<String>,
        /// The identifier that stays the same over several links.
        persistent_id: Option<String>,
    }
}

impl From<LinkedAccount> for CoreAccount {
    fn from(it: LinkedAccount) -> Self {
        let mut account = Self::default();
        (account.name, account.mask, account.persistent_id) = (it.name, it.mask, it.persistent_id);
        (account.provider_type, account.provider_subtype) = (it.provider_type, it.provider_subtype);
        account
    }
}

impl super::InstitutionRef {
    pub(crate) fn value(self) -> Result<CoreRef, finance_core::EmptyId> {
        Ok(CoreRef { id: finance_core::InstitutionId::new(self.id)?, name: self.name })
    }
}
