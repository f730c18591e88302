//! Stream space (§5.5, B.3): where the incarnations of an RDC leave references for each other
//! under labels of up to 19 bytes, without knowing each other.
//!
//! ```no_run
//! use rdc::space::{self, Copies};
//! use rdc::{CallError, ChannelType, Port, Stream};
//!
//! /// In one incarnation: others may send here.
//! fn offer() -> Result<Port, CallError> {
//!     let (stream, port) = rdc::channel(ChannelType::Unicast)?;
//!     space::put("results", &stream, Copies::Unlimited)?;
//!     Ok(port)
//! }
//!
//! /// In another one, whether that has happened already or not.
//! fn report(message: &mut rdc::Message<'_>) -> Result<(), CallError> {
//!     let results = space::get::<Stream>("results")?;
//!     results.send(message)
//! }
//! ```
//!
//! There is one stream space for each RDC; it is an incarnation that is made when somebody uses
//! it first, and ends with the RDC. It is lost with its node, and then calls answer
//! [`CallError::PeerLost`] or [`CallError::NotAttached`]. Handlers of software interrupts must
//! not use it.

mod cache;

use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::Deref;
use core::time::Duration;

use abi::constants::{ChannelType, Domain, RefType, inc_rights};
use abi::error::CallError;
use abi::labels::{Operation, Request};
use abi::structs::{Keep, Label, RefDescrip};
use alloc::string::String;
use spin::{Mutex, MutexGuard};

use crate::Timeout;
use crate::labelled::{ask, ask_with};
use crate::message::{Message, Propagate};
use crate::reference::{Port, Received, Stream, Typed};
use crate::start::start;

use cache::Cache;

static CACHE: Mutex<Cache> = Mutex::new(Cache::new());

/// When to ask again for what more wait for than find room.
const AGAIN: Duration = Duration::from_millis(100);
/// Bytes of a description of stream space that are fetched at a time.
const PIECE: usize = 2048;

/// The cache. There is one thread: only a handler can find somebody at work on it.
fn cache() -> MutexGuard<'static, Cache> {
    CACHE.try_lock().expect("handlers of software interrupts do not use stream space")
}

/// How many copies of a reference may be taken out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Copies {
    /// Any number; whoever takes one keeps it in his cache.
    Unlimited,
    /// Any number, fetched each time.
    Uncached,
    /// So many at a time, at least 1. A port is always had once only.
    AtMost(u32),
}

impl Copies {
    fn number(self) -> Result<i32, CallError> {
        use abi::constants::Copies as Number;
        match self {
            Copies::Unlimited => Ok(Number::Unlimited as i32),
            Copies::Uncached => Ok(Number::DontCache as i32),
            Copies::AtMost(0) => Err(CallError::BadArgument),
            Copies::AtMost(most) => i32::try_from(most).map_err(|_| CallError::BadArgument),
        }
    }

    fn from_number(number: i32) -> Copies {
        match number {
            0 => Copies::Unlimited,
            ..0 => Copies::Uncached,
            1.. => Copies::AtMost(number as u32),
        }
    }
}

/// Deposits a copy of a reference, for this RDC (`ss_put`). A port's messages that have arrived
/// stay here. [`CallError::LabelTaken`] if something is there under this label.
pub fn put<R: Propagate>(label: &str, reference: &R, copies: Copies) -> Result<(), CallError> {
    put_at(Label::of(label)?, reference, copies)
}

pub(crate) fn put_at<R: Propagate>(
    label: Label,
    reference: &R,
    copies: Copies,
) -> Result<(), CallError> {
    let message = Message::new().reference(reference, Domain::Rdc);
    Ok(deposit(label, message, copies, Domain::Rdc)?)
}

/// Deposits a port, with the messages that have arrived (`ss_put`): whoever gets it receives
/// them. If that fails, the port comes back.
pub fn give(label: &str, port: Port) -> Result<(), Refused> {
    let label = match Label::of(label) {
        Ok(label) => label,
        Err(error) => return Err(Refused { error, port: Some(port) }),
    };
    let port = ManuallyDrop::new(port);
    let message = Message::new().offer(&*port, Domain::Rdc);
    deposit(label, message, Copies::AtMost(1), Domain::Rdc).map_err(|mut refused| {
        if refused.port.is_none() && crate::test(port.id()).0 == RefType::Port {
            refused.port = Some(ManuallyDrop::into_inner(port));
        }
        refused
    })
}

/// Why a reference was not deposited.
#[derive(Debug)]
pub struct Refused {
    /// Why.
    pub error: CallError,
    /// The port that was to be given, unless it was lost on its way.
    pub port: Option<Port>,
}

impl From<Refused> for CallError {
    fn from(refused: Refused) -> CallError {
        refused.error
    }
}

/// Deposits the reference that is described, for the C library: a port is kept here if its
/// description says so, others are; copies go as far as its domain. A port that is refused comes
/// back.
#[doc(hidden)]
pub fn put_described(label: Label, reference: &RefDescrip, ncopies: i32) -> Result<(), Refused> {
    let refused = |error| Refused { error, port: None };
    let domain = reference.domain().ok_or(refused(CallError::BadArgument))?;
    let is_port = reference.ref_type() == Some(RefType::Port);
    let is_limited = ncopies > 0 || is_port;
    let copies = if is_limited { Copies::AtMost(ncopies.max(1) as u32) } else { copies(ncopies)? };
    let mut sent = *reference;
    if !is_port {
        sent.set_keep(Keep::Keep);
    }
    // It goes to stream space, and from there further.
    sent.set_domain(if domain == Domain::Any { Domain::Any } else { Domain::Rdc });
    deposit(label, Message::described(&sent), copies, domain)
}

/// As `ss_put` is told: `SS_UNLIMITED` or `SS_DONTCACHE`.
fn copies(ncopies: i32) -> Result<Copies, Refused> {
    use abi::constants::Copies as Number;
    match Number::from_value(ncopies) {
        Some(Number::Unlimited) => Ok(Copies::Unlimited),
        Some(Number::DontCache) => Ok(Copies::Uncached),
        None => Err(Refused { error: CallError::BadArgument, port: None }),
    }
}

/// Deposits the reference in `message`; copies that are taken out may go as far as `domain`.
fn deposit(
    label: Label,
    mut message: Message<'_>,
    copies: Copies,
    domain: Domain,
) -> Result<(), Refused> {
    let number = copies.number().map_err(|error| Refused { error, port: None })?;
    let mut request = Request::new(Operation::Put, label);
    request.number = number.into();
    request.domain = (domain as u32).into();
    match ask_with(&start().space, &request, &mut message) {
        Ok(_) => Ok(()),
        Err(error) => {
            let port = message.take_reference().and_then(|back| Port::try_from(back).ok());
            Err(Refused { error, port })
        }
    }
}

/// A copy of a reference of this type (`ss_get`): waits until there is one. One of any number of
/// copies is kept here, and had at once the next time, even if it is not there any more.
/// [`CallError::WrongReferenceType`] if what is there is of another type.
pub fn get<T: Typed>(label: &str) -> Result<Fetched<T>, CallError> {
    get_within(label, Timeout::Forever)
}

/// A copy of a reference, as [`get`] does, for which no longer than `timeout` is waited
/// (`ss_getTimed`): then [`CallError::TimedOut`], or [`CallError::Busy`] if too many others wait.
pub fn get_within<T: Typed>(label: &str, timeout: Timeout) -> Result<Fetched<T>, CallError> {
    let label = Label::of(label)?;
    let (reference, origin) = take(&label, timeout)?;
    let fetched = Fetched { reference, origin, what: PhantomData };
    // One of another type goes back where it came from.
    T::look(&fetched.reference).ok_or(CallError::WrongReferenceType)?;
    Ok(fetched)
}

/// Whose a reference is that was fetched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[doc(hidden)]
pub enum Origin {
    /// The cache's.
    Cached,
    /// The caller's.
    Own,
    /// The caller's by this claim to what is there under this label, until he returns it.
    Limited(Label, u32),
}

/// A reference, and whose it is.
#[doc(hidden)]
#[inline]
pub fn take(
    label: &Label,
    timeout: Timeout,
) -> Result<(ManuallyDrop<Received>, Origin), CallError> {
    if let Some(kept) = cache().get(label) {
        return Ok((ManuallyDrop::new(Received::clone_of(kept)), Origin::Cached));
    }
    take_anew(label, timeout)
}

/// The same of what the cache has not.
#[cold]
#[inline(never)]
fn take_anew(
    label: &Label,
    timeout: Timeout,
) -> Result<(ManuallyDrop<Received>, Origin), CallError> {
    let (reference, copies, claim) = fetch(label, timeout)?;
    match copies {
        Copies::Unlimited => match cache().keep(label, reference) {
            Ok(kept) => Ok((ManuallyDrop::new(Received::clone_of(kept)), Origin::Cached)),
            Err(reference) => Ok((ManuallyDrop::new(reference), Origin::Own)),
        },
        Copies::Uncached => Ok((ManuallyDrop::new(reference), Origin::Own)),
        Copies::AtMost(_) => Ok((ManuallyDrop::new(reference), Origin::Limited(*label, claim))),
    }
}

/// A reference of the caller's own, past the cache, in how many copies it is had, and the claim
/// to this one.
pub(crate) fn fetch(label: &Label, timeout: Timeout) -> Result<(Received, Copies, u32), CallError> {
    let mut request = Request::new(Operation::Get, *label);
    let ms = match timeout {
        Timeout::Forever => -1,
        Timeout::Poll => 0,
        Timeout::WithinMs(ms) => i32::try_from(ms).map_err(|_| CallError::BadArgument)?,
    };
    request.number = ms.into();
    let mut message = Message::new();
    loop {
        match ask_with(&start().space, &request, &mut message) {
            // More wait than find room there: again in a while.
            Err(CallError::Busy) if ms < 0 => crate::sleep(AGAIN)?,
            Err(error) => return Err(error),
            Ok(response) => {
                let (copies, claim) = (response.copies.get(), response.claim.get());
                if let Some(reference) = message.take_reference() {
                    return Ok((reference, Copies::from_number(copies), claim));
                }
                // There is a limited number of copies: one is for who can be watched.
                message = Message::new().reference_with_rights(
                    &start().myself,
                    Domain::Rdc,
                    inc_rights::EVENTS,
                );
            }
        }
    }
}

/// What becomes of the messages at a port that is returned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[doc(hidden)]
pub enum Queue {
    /// They go with the port.
    Moves,
    /// They stay, and with them the port, to which nothing more comes.
    Stays,
}

/// Returns one of a limited number of copies, had by this claim; but for a port it stays open.
#[doc(hidden)]
pub fn return_taken(
    label: Label,
    claim: u32,
    reference: &Received,
    queue: Queue,
) -> Result<(), CallError> {
    let mut message = match (reference, queue) {
        (Received::Port(port), Queue::Moves) => Message::new().offer(port, Domain::Rdc),
        (Received::Port(port), Queue::Stays) => Message::new().reference(port, Domain::Rdc),
        _ => Message::new(),
    };
    let mut request = Request::new(Operation::Return, label);
    request.number = (claim as i32).into();
    ask_with(&start().space, &request, &mut message).map(drop)
}

/// Deletes what is there under a label (`ss_delete`). What was taken out stays with whoever has
/// it, and in caches. [`CallError::NoSuchLabel`] if there is nothing.
pub fn delete(label: &str) -> Result<(), CallError> {
    ask(&start().space, Operation::Delete, Label::of(label)?, &mut Message::new())
}

/// What is there and what is waited for, a line each: the label, the type, and the copies.
pub fn contents() -> Result<String, CallError> {
    let mut text = String::new();
    let mut buffer = alloc::vec![0; PIECE];
    let mut request = Request::new(Operation::List, Label::EMPTY);
    loop {
        let mut message = Message::new().buffer(&mut buffer, 0);
        let response = ask_with(&start().space, &request, &mut message)?;
        if response.result.get() == 0 {
            return Ok(text);
        }
        text.push_str(&String::from_utf8_lossy(message.extra()));
        request.label = response.label;
    }
}

/// Prints [`contents`] to the standard output (`ss_print`).
pub fn print() -> Result<(), CallError> {
    let contents = contents()?;
    crate::print!("{contents}");
    Ok(())
}

/// Makes a channel, with a stream and a port, and deposits a stream under its label
/// (`ss_createChan`): what incarnations that are declared to be attached to it need.
pub fn channel(label: &str, channel_type: ChannelType) -> Result<(Stream, Port), CallError> {
    let (stream, port) = crate::channel(channel_type)?;
    put(label, &stream, Copies::Unlimited)?;
    Ok((stream, port))
}

/// A reference from stream space. Dropped, it is closed, or, of a limited number of copies,
/// returned; what the cache keeps stays there.
#[derive(Debug)]
pub struct Fetched<T: Typed> {
    reference: ManuallyDrop<Received>,
    origin: Origin,
    what: PhantomData<T>,
}

impl<T: Typed> Fetched<T> {
    /// Returns it, if it is one of a limited number of copies (`ss_return`), and says whether
    /// that succeeded. A port's messages go with it.
    pub fn give_back(self) -> Result<(), CallError> {
        // Its end is seen to here.
        ManuallyDrop::new(self).end(Queue::Moves)
    }

    fn end(&mut self, queue: Queue) -> Result<(), CallError> {
        let returned = match self.origin {
            Origin::Cached => return Ok(()),
            Origin::Own => Ok(()),
            Origin::Limited(label, claim) => return_taken(label, claim, &self.reference, queue),
        };
        drop(Received::clone_of(&self.reference));
        returned
    }
}

impl Fetched<Port> {
    /// Returns it (`ss_return`), and keeps what has arrived: at the port that this answers,
    /// to which nothing more comes.
    pub fn give_back_without_messages(self) -> Result<Port, CallError> {
        let this = ManuallyDrop::new(self);
        let Origin::Limited(label, claim) = this.origin else {
            return Err(CallError::BadArgument);
        };
        return_taken(label, claim, &this.reference, Queue::Stays)?;
        Port::try_from(Received::clone_of(&this.reference))
    }
}

impl<T: Typed> Deref for Fetched<T> {
    type Target = T;

    fn deref(&self) -> &T {
        T::look(&self.reference).expect("its type was looked at when it came")
    }
}

impl<T: Typed> Drop for Fetched<T> {
    fn drop(&mut self) {
        // Who wants to know whether it was taken back gives it back himself.
        let _ = self.end(Queue::Moves);
    }
}
