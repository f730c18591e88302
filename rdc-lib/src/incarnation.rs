//! Incarnations (§3.2.1): making them from modules, and control over them.

use alloc::ffi::CString;
use alloc::vec::Vec;

use abi::constants::{Dependency, IncarnationState, InitialState};
use abi::error::CallError;
use abi::ids::{ModuleId, NodeId, Priority};
use abi::structs::{IncCreateParams, IncParams, IncState};
use zerocopy::big_endian::{I32, U32};
use zerocopy::{FromZeros, IntoBytes};

use crate::interface::Interface;
use crate::reference::{Incarnation, Stream};
use crate::stream::reference;
use crate::trap::Calls;
use crate::window::{lent, lent_mut};

/// A module of this RDC.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Module(ModuleId);

/// A new incarnation, and a stream to its standard port.
#[derive(Debug)]
pub struct Child {
    /// A handle to it, with all rights.
    pub incarnation: Incarnation,
    /// Where it receives.
    pub stream: Stream,
}

impl Module {
    /// The module of this name (`inc_moduleId`).
    pub fn named(name: &str) -> Result<Module, CallError> {
        let name = CString::new(name).map_err(|_| CallError::NoSuchModule)?;
        let id = Calls::inc_moduleId(lent(name.as_bytes_with_nul()))?;
        u16::try_from(id).map(|id| Module(ModuleId(id))).map_err(|_| CallError::NoSuchModule)
    }

    /// Its number in the RDC file.
    pub fn id(self) -> ModuleId {
        self.0
    }

    /// Makes an incarnation on a node, which starts at once. `parameters` are what it finds as
    /// [`crate::parameters`]: at most about 1500 bytes. It may fail later, when its text is
    /// fetched: an event tells.
    pub fn create(self, node: NodeId, parameters: &[u8]) -> Result<Child, CallError> {
        self.create_as(node, parameters, InitialState::Started)
    }

    /// Makes an incarnation on a node (`inc_create`): started, or INCHOATE until
    /// [`Incarnation::unfreeze`] lets it run.
    pub fn create_as(
        self,
        node: NodeId,
        parameters: &[u8],
        state: InitialState,
    ) -> Result<Child, CallError> {
        create(self.0.0.into(), node, parameters, &[], state)
    }

    /// Makes an incarnation on a node, which starts at once and has these interfaces before its
    /// `main`: see [`interface`](crate::interface). Each of them takes 58 of the 1500 bytes.
    pub fn create_with(
        self,
        node: NodeId,
        parameters: &[u8],
        interfaces: &[Interface],
    ) -> Result<Child, CallError> {
        create(self.0.0.into(), node, parameters, interfaces, InitialState::Started)
    }
}

/// Makes an incarnation from a module or from an INCHOATE incarnation.
fn create(
    blueprint: u32,
    node: NodeId,
    parameters: &[u8],
    interfaces: &[Interface],
    state: InitialState,
) -> Result<Child, CallError> {
    let count = u8::try_from(interfaces.len()).map_err(|_| CallError::BadLength)?;
    let interfaces: Result<Vec<_>, _> = interfaces.iter().map(Interface::declared).collect();
    let interfaces = interfaces?;
    let length = i32::try_from(parameters.len()).map_err(|_| CallError::BadLength)?;
    let create = IncCreateParams {
        ic_state: (state as u32).into(),
        ic_params: IncParams {
            ip_datasize: length.into(),
            ip_dataargs: lent::<u8>(parameters).addr.into(),
            ip_nifaces: count,
            ip_ifaces: lent::<u8>(interfaces.as_bytes()).addr.into(),
            ..IncParams::new_zeroed()
        },
    };
    let (mut incarnation, mut stream) = (U32::ZERO, I32::ZERO);
    Calls::inc_create(
        blueprint,
        node.0.into(),
        lent_mut(incarnation.as_mut_bytes()),
        lent_mut(stream.as_mut_bytes()),
        lent(create.as_bytes()),
    )?;
    let incarnation = Incarnation(reference(incarnation.get())?);
    let stream = Stream(reference(stream.get() as u32)?);
    Ok(Child { incarnation, stream })
}

/// What is known of an incarnation. Times are in milliseconds, memory in pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Status {
    /// What it does.
    pub state: IncarnationState,
    /// Load due to it, in runnable incarnations × 256.
    pub load: u16,
    /// Where it is.
    pub node: NodeId,
    /// Time in its own code.
    pub user_ms: u32,
    /// Time in calls.
    pub system_ms: u32,
    /// Time since it was made.
    pub elapsed_ms: u32,
    /// Its text.
    pub text_pages: u16,
    /// Its data and heap.
    pub heap_pages: u16,
    /// Its stack.
    pub stack_pages: u16,
    /// What its kernel keeps for it, at most 255.
    pub pincdata_pages: u8,
    /// Messages that have arrived at its ports and were not received, at most 255.
    pub messages: u8,
}

impl Incarnation {
    /// Makes an incarnation of the same module on a node, which starts at once. This one must be
    /// INCHOATE: text and data are fetched from where it is, and not from the host. `parameters`
    /// are as for [`Module::create`].
    pub fn create(&self, node: NodeId, parameters: &[u8]) -> Result<Child, CallError> {
        self.create_as(node, parameters, InitialState::Started)
    }

    /// The same, with these interfaces: see [`Module::create_with`].
    pub fn create_with(
        &self,
        node: NodeId,
        parameters: &[u8],
        interfaces: &[Interface],
    ) -> Result<Child, CallError> {
        create(self.id().get(), node, parameters, interfaces, InitialState::Started)
    }

    /// The same (`inc_create`), started or INCHOATE.
    pub fn create_as(
        &self,
        node: NodeId,
        parameters: &[u8],
        state: InitialState,
    ) -> Result<Child, CallError> {
        create(self.id().get(), node, parameters, &[], state)
    }

    /// Terminates it without its last wishes (`inc_destroy`).
    pub fn destroy(&self) -> Result<(), CallError> {
        Calls::inc_destroy(self.0.any())
    }

    /// Freezes it once its current call is complete (`inc_freeze`).
    pub fn freeze(&self) -> Result<(), CallError> {
        Calls::inc_freeze(self.0.any())
    }

    /// Lets it run, if it is frozen or INCHOATE (`inc_unfreeze`).
    pub fn unfreeze(&self, priority: Priority) -> Result<(), CallError> {
        Calls::inc_unfreeze(self.0.any(), priority.get().into())
    }

    /// Makes it depend on this incarnation, or no longer (`inc_makeDependent`, §7.3): it ends when
    /// this one is gone, or with the last one of its group.
    pub fn make_dependent(&self, dependency: Dependency) -> Result<(), CallError> {
        Calls::inc_makeDependent(self.0.any(), dependency as i32)
    }

    /// A new stream to its auxiliary port (`inc_auxStream`, §7.1), which it knows as
    /// [`crate::auxiliary_port`].
    pub fn auxiliary_stream(&self) -> Result<Stream, CallError> {
        reference(Calls::inc_auxStream(self.0.any())?.0).map(Stream)
    }

    /// What is known of it (`inc_status`). If it does not answer, only the state is filled in.
    pub fn status(&self) -> Result<Status, CallError> {
        let mut raw = IncState::new_zeroed();
        Calls::inc_status(self.0.any(), lent_mut(raw.as_mut_bytes()))?;
        let state = IncarnationState::from_value(raw.is_state.get() as i32);
        Ok(Status {
            state: state.ok_or(CallError::NoSuchCall)?,
            load: raw.is_load.get(),
            node: NodeId(raw.is_node.get() as u8),
            user_ms: raw.is_usertime.get(),
            system_ms: raw.is_systime.get(),
            elapsed_ms: raw.is_realtime.get(),
            text_pages: raw.is_ntext.get(),
            heap_pages: raw.is_nheap.get(),
            stack_pages: raw.is_nstack.get(),
            pincdata_pages: raw.is_npinc,
            messages: raw.is_nmsgs,
        })
    }
}

#[cfg(test)]
mod tests {
    use abi::calls::Call;

    use super::*;
    use crate::pretended::{closed, expect, read, write};

    #[test]
    fn a_child_gets_its_parameters() {
        expect(Call::ModuleId, |[name, ..]| {
            assert_eq!(read(name, 7), b"worker\0");
            Ok(3)
        });
        let module = Module::named("worker").unwrap();
        expect(Call::Create, |[module, node, handle, stream, params]| {
            assert_eq!((module, node), (3, 2));
            let bytes = read(params, 18);
            assert_eq!(bytes[..8], [0, 0, 0, 1, 0, 0, 0, 4], "STARTED, and four bytes of data");
            let data = u32::from_be_bytes(*bytes[8..].first_chunk().unwrap());
            assert_eq!(read(data, 4), b"four");
            write(handle, &0x20001u32.to_be_bytes());
            write(stream, &0x20002u32.to_be_bytes());
            Ok(0)
        });
        let child = module.create(NodeId(2), b"four").unwrap();
        assert_eq!(child.incarnation.id().get(), 0x20001);
        drop(child);
        assert_eq!(closed(), [0x20001, 0x20002]);
    }

    #[test]
    fn an_inchoate_incarnation_is_a_blueprint() {
        let template = Incarnation::from_raw(abi::ids::RefId::from_raw(0x30007).unwrap());
        expect(Call::Create, |[blueprint, node, handle, stream, params]| {
            assert_eq!((blueprint, node), (0x30007, 3));
            assert_eq!(read(params, 8), [0, 0, 0, 0, 0, 0, 0, 0], "INCHOATE, without data");
            write(handle, &0x20001u32.to_be_bytes());
            write(stream, &0x20002u32.to_be_bytes());
            Ok(0)
        });
        let child = template.create_as(NodeId(3), &[], InitialState::Inchoate).unwrap();
        drop((child, template));
        assert_eq!(closed(), [0x20001, 0x20002, 0x30007]);
    }

    #[test]
    fn a_parent_reaches_the_auxiliary_port() {
        let child = Incarnation::from_raw(abi::ids::RefId::from_raw(0x30007).unwrap());
        expect(Call::AuxStream, |[child, ..]| {
            assert_eq!(child, 0x30007);
            Ok(0x20009)
        });
        assert_eq!(child.auxiliary_stream().unwrap().into_raw().get(), 0x20009);
        expect(Call::MakeDependent, |arguments| {
            assert_eq!(arguments[..2], [0x30007, 2]);
            Err(CallError::TableFull)
        });
        assert_eq!(child.make_dependent(Dependency::Group), Err(CallError::TableFull));
    }

    #[test]
    fn a_name_with_a_null_is_none() {
        assert_eq!(Module::named("a\0b"), Err(CallError::NoSuchModule));
    }
}
