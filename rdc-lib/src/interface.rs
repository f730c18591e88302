//! Declared configuration (§5.2): whoever makes an incarnation says which streams and ports it
//! is to have, by the labels of their channels; before its `main` the incarnation has them.
//!
//! ```no_run
//! use rdc::{interface, CallError, Interface, Module, NodeId};
//!
//! /// In the incarnation that sets up all the others, in any order.
//! fn configure(node: NodeId) -> Result<(), CallError> {
//!     let reads = [Interface::port("scheduler")];
//!     Module::named("scheduler")?.create_with(node, b"", &reads)?;
//!     let works = [Interface::stream("scheduler"), Interface::stream("printer").handle("w1")];
//!     Module::named("worker")?.create_with(node, b"", &works)?;
//!     Ok(())
//! }
//!
//! /// In the worker.
//! fn work(message: &mut rdc::Message<'_>) -> Result<(), CallError> {
//!     interface::stream(0)?.invoke(message)
//! }
//! ```
//!
//! Each incarnation realises its own declarations through stream space: first it makes the
//! channels that are new and deposits streams to them, then it fetches what others make. So all
//! do so at the same time, and none waits for one that waits for it (§5.5.1).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::mem::ManuallyDrop;

use abi::constants::{ChannelOrigin, ChannelType, Domain, RefType};
use abi::error::CallError;
use abi::structs::{IncInterface, Label, RefDescrip};
use spin::Once;

use crate::Timeout;
use crate::message::Propagate;
use crate::reference::{Port, Received, Stream, Typed};
use crate::space::{self, Copies};
use crate::start::start;

/// An interface that a child is to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interface(Result<IncInterface, CallError>);

impl Interface {
    fn new(ref_type: RefType, origin: ChannelOrigin, channel: &str) -> Interface {
        Interface(Label::of(channel).map(|label| IncInterface {
            ii_flags: (origin as u32).into(),
            ii_ref: RefDescrip { rd_type: ref_type as u8, ..RefDescrip::NONE },
            ii_chanlabel: label,
            ii_hanlabel: Label::EMPTY,
        }))
    }

    /// A stream to the channel of this label (`ss_isStream`).
    pub fn stream(channel: &str) -> Interface {
        Interface::new(RefType::Stream, ChannelOrigin::Other, channel)
    }

    /// A port, and with it the unicast channel of this label (`ss_isPort`, `CHAN_NEW`).
    pub fn port(channel: &str) -> Interface {
        Interface::new(RefType::Port, ChannelOrigin::New, channel)
    }

    /// A port at a channel that is declared elsewhere, such as a multicast channel (`ss_isPort`,
    /// `CHAN_OTHER`): see [`space::channel`].
    pub fn port_at(channel: &str) -> Interface {
        Interface::new(RefType::Port, ChannelOrigin::Other, channel)
    }

    /// Has a handle to it deposited in stream space under a label, to reconfigure it by.
    #[must_use]
    pub fn handle(self, label: &str) -> Interface {
        Interface(
            self.0.and_then(|interface| {
                Ok(IncInterface { ii_hanlabel: Label::of(label)?, ..interface })
            }),
        )
    }

    /// As it is declared; [`CallError::LabelTooLong`] if a label is.
    pub(crate) fn declared(&self) -> Result<IncInterface, CallError> {
        self.0
    }
}

/// The interfaces of this incarnation.
static INTERFACES: Once<Vec<Received>> = Once::new();

/// What this incarnation has for its interface of this index that is a stream.
/// [`CallError::NoSuchReference`] if so many were not declared.
pub fn stream(index: usize) -> Result<&'static Stream, CallError> {
    match get(index)? {
        Received::Stream(stream) => Ok(stream),
        _ => Err(CallError::WrongReferenceType),
    }
}

/// What this incarnation has for its interface of this index that is a port.
/// [`CallError::NoSuchReference`] if so many were not declared.
pub fn port(index: usize) -> Result<&'static Port, CallError> {
    match get(index)? {
        Received::Port(port) => Ok(port),
        _ => Err(CallError::WrongReferenceType),
    }
}

/// The interface of this index.
pub(crate) fn get(index: usize) -> Result<&'static Received, CallError> {
    let interfaces = INTERFACES.get().map_or(&[][..], Vec::as_slice);
    interfaces.get(index).ok_or(CallError::NoSuchReference)
}

/// The declarations with what was made for each, as C has them (`inc_paramRef`).
#[doc(hidden)]
pub fn realised() -> &'static [IncInterface] {
    let made = INTERFACES.get().map_or(&[][..], Vec::as_slice);
    let with_made = |(declared, made): (&IncInterface, &Received)| {
        let (ref_type, object) = made.object();
        let reference =
            RefDescrip { rd_obj: object, ..RefDescrip::new(ref_type, 0, Domain::Rdc, 0) };
        IncInterface { ii_ref: reference, ..*declared }
    };
    let all: Vec<_> = start().declared.iter().zip(made).map(with_made).collect();
    all.leak()
}

/// Why an incarnation does not have its interfaces.
pub(crate) struct Unrealised {
    index: usize,
    interface: IncInterface,
    error: CallError,
}

impl fmt::Display for Unrealised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text =
            |label: &Label| String::from_utf8_lossy(label.bytes().unwrap_or_default()).into_owned();
        let what = if is_stream(&self.interface) { "stream" } else { "port" };
        let channel = text(&self.interface.ii_chanlabel);
        write!(f, "interface {}, a {what} at the channel {channel:?}", self.index)?;
        if self.interface.ii_hanlabel != Label::EMPTY {
            write!(f, " with the handle {:?}", text(&self.interface.ii_hanlabel))?;
        }
        write!(f, ", cannot be had: {}", self.error)
    }
}

/// Realises what was declared for this incarnation.
pub(crate) fn realise(declared: &[IncInterface]) -> Result<(), Unrealised> {
    let mut made: Vec<Option<Received>> = declared.iter().map(|_| None).collect();
    // New channels first: others may wait for them while this one waits for theirs.
    for makes in [true, false] {
        let turn = |(_, interface): &(usize, &IncInterface)| makes_channel(interface) == makes;
        for (index, interface) in declared.iter().enumerate().filter(turn) {
            let realised = realise_one(interface);
            let missing = |error| Unrealised { index, interface: *interface, error };
            made[index] = Some(realised.map_err(missing)?);
        }
    }
    INTERFACES.call_once(|| made.into_iter().flatten().collect());
    Ok(())
}

fn is_stream(interface: &IncInterface) -> bool {
    interface.ii_ref.ref_type() == Some(RefType::Stream)
}

fn makes_channel(interface: &IncInterface) -> bool {
    !is_stream(interface) && interface.ii_flags.get() == ChannelOrigin::New as u32
}

fn realise_one(interface: &IncInterface) -> Result<Received, CallError> {
    let made = match interface.ii_ref.ref_type() {
        Some(RefType::Stream) => Received::Stream(stream_to(interface)?),
        Some(RefType::Port) if makes_channel(interface) => {
            let (stream, port) = crate::channel(ChannelType::Unicast)?;
            space::put_at(interface.ii_chanlabel, &stream, Copies::Unlimited)?;
            Received::Port(port)
        }
        Some(RefType::Port) => {
            let (stream, _) = space::take(&interface.ii_chanlabel, Timeout::Forever)?;
            let stream = Stream::look(&stream).ok_or(CallError::WrongReferenceType)?;
            Received::Port(stream.new_port()?)
        }
        _ => return Err(CallError::BadArgument),
    };
    if interface.ii_hanlabel != Label::EMPTY {
        deposit_handle(interface.ii_hanlabel, &made)?;
    }
    Ok(made)
}

/// A stream that may be rebound by a handle is this incarnation's own: what the cache has under
/// the label of its first channel is another one (§5.5.3).
fn stream_to(interface: &IncInterface) -> Result<Stream, CallError> {
    let channel = &interface.ii_chanlabel;
    let reference = if interface.ii_hanlabel == Label::EMPTY {
        ManuallyDrop::into_inner(space::take(channel, Timeout::Forever)?.0)
    } else {
        space::fetch(channel, Timeout::Forever)?.0
    };
    Stream::try_from(reference)
}

fn deposit_handle(label: Label, made: &Received) -> Result<(), CallError> {
    match made {
        Received::Stream(stream) => space::put_at(label, &stream.handle()?, Copies::Unlimited),
        Received::Port(port) => space::put_at(label, &port.handle()?, Copies::Unlimited),
        _ => Err(CallError::BadArgument),
    }
}
