//! The names of a pool (dissertation, §3.3, §5.4): whose they are, and what is found under them.
//! How requests come is the business of the module; this part is tested on the host.
#![cfg_attr(target_arch = "m68k", no_std)]

extern crate alloc;

use alloc::collections::BTreeMap;

use rdc::abi::structs::Label;
use rdc::{CallError, Domain};

/// Names in all; more are refused with `TableFull`.
pub const NAMES_MAX: usize = 128;
/// Names of one RDC; more are refused with `TableFull`.
pub const NAMES_EACH_MAX: usize = 32;

/// What is found under a name.
#[derive(Debug)]
struct Entry<S> {
    owner: u32,
    service: S,
    domain: Domain,
}

/// The names, with services of type `S`. An owner is the number of an RDC.
#[derive(Debug)]
pub struct Registry<S> {
    names: BTreeMap<Label, Entry<S>>,
}

impl<S> Default for Registry<S> {
    fn default() -> Self {
        Self { names: BTreeMap::new() }
    }
}

impl<S> Registry<S> {
    /// A service is found under a name from now on; copies of it go as far as `domain`.
    /// `BadArgument` for a name of no bytes, `LabelTaken`, `TableFull`.
    pub fn register(
        &mut self,
        owner: u32,
        name: Label,
        service: S,
        domain: Domain,
    ) -> Result<(), CallError> {
        if name == Label::EMPTY {
            return Err(CallError::BadArgument);
        }
        if self.names.contains_key(&name) {
            return Err(CallError::LabelTaken);
        }
        let own = self.names.values().filter(|entry| entry.owner == owner).count();
        if self.names.len() == NAMES_MAX || own == NAMES_EACH_MAX {
            return Err(CallError::TableFull);
        }
        self.names.insert(name, Entry { owner, service, domain });
        Ok(())
    }

    /// What is found under a name, and how far a copy of it may go. `NoSuchLabel`.
    pub fn look_up(&self, name: &Label) -> Result<(&S, Domain), CallError> {
        let entry = self.names.get(name).ok_or(CallError::NoSuchLabel)?;
        Ok((&entry.service, entry.domain))
    }

    /// A name is not found any more. `NoSuchLabel`, or `NoRight` if it is another RDC's.
    pub fn withdraw(&mut self, owner: u32, name: &Label) -> Result<(), CallError> {
        match self.names.get(name) {
            None => Err(CallError::NoSuchLabel),
            Some(entry) if entry.owner != owner => Err(CallError::NoRight),
            Some(_) => {
                self.names.remove(name);
                Ok(())
            }
        }
    }

    /// An RDC has ended, and with it its names.
    pub fn end_of(&mut self, owner: u32) {
        self.names.retain(|_, entry| entry.owner != owner);
    }
}
