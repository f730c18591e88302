//! What cases need: a place for partners, and ways to say what must be.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Debug;
use core::time::Duration;

use rdc::event::{self, Event};
use rdc::{CallError, Child, EndReason, Interface, Message, Module, NodeId, Received, Timeout};
use selftest::{Answer, Command, Task};

/// What was wrong.
pub type Failure = String;

/// What a case comes to.
pub type Outcome = Result<(), Failure>;

/// How long anything may take that should happen at once.
pub const SOON: Timeout = Timeout::WithinMs(5000);

/// Where the partners of a case are.
pub struct Place {
    /// "near" or "far".
    pub name: &'static str,
    /// On which node.
    pub node: NodeId,
    /// What they run.
    pub module: Module,
}

/// A partner of one case: destroyed at its end.
pub struct Partner {
    /// The incarnation, and a stream to it.
    pub child: Child,
}

impl Place {
    /// A place on a node.
    pub fn new(name: &'static str, node: NodeId) -> Result<Place, Failure> {
        let module = Module::named("partner").map_err(|error| error.to_string())?;
        Ok(Place { name, node, module })
    }

    /// A new partner.
    pub fn partner(&self) -> Result<Partner, Failure> {
        self.partner_with(&[])
    }

    /// A new partner with parameters.
    pub fn partner_with(&self, parameters: &[u8]) -> Result<Partner, Failure> {
        let child = self.module.create(self.node, parameters);
        let child = child.map_err(|error| format!("no partner: {error}"))?;
        Ok(Partner { child })
    }

    /// A new partner with these interfaces.
    pub fn partner_between(&self, interfaces: &[Interface]) -> Result<Partner, Failure> {
        let child = self.module.create_with(self.node, &[], interfaces);
        let child = child.map_err(|error| format!("no partner: {error}"))?;
        Ok(Partner { child })
    }
}

impl Partner {
    /// Has it do something; answers its answer's value, or the error that either has met.
    pub fn ask(&self, task: Task, value: u32) -> Result<u32, CallError> {
        self.exchange(&mut Message::with_head(&Command::new(task, value)))
    }

    /// Sends it a message with its command in place.
    pub fn exchange(&self, message: &mut Message<'_>) -> Result<u32, CallError> {
        self.child.stream.invoke(message)?;
        message.head::<Answer>().value()
    }

    /// Its notes: values and checksums.
    pub fn notes(&self) -> Result<Vec<(u32, u32)>, Failure> {
        let mut buffer = alloc::vec![0; 4096];
        let mut message = Message::with_head(&Command::new(Task::Tell, 0)).buffer(&mut buffer, 0);
        self.exchange(&mut message).map_err(|error| format!("no notes: {error}"))?;
        let word = |bytes: &[u8]| u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        let notes = message.extra().chunks_exact(8);
        Ok(notes.map(|note| (word(note), word(&note[4..]))).collect())
    }

    /// Waits for its end.
    pub fn end(&self) -> Result<(EndReason, i32), Failure> {
        let mut events = [Event::dead(&self.child.incarnation)];
        let occurred = event::wait(&mut events, SOON).map_err(|error| error.to_string())?;
        let ended = occurred.first().and_then(Event::end);
        ended.ok_or_else(|| "the partner has not ended".to_string())
    }

    /// Has it make a handle to its kept reference.
    pub fn handle(&self) -> Result<Option<Received>, CallError> {
        let mut message = Message::with_head(&Command::new(Task::Handle, 0));
        self.exchange(&mut message)?;
        Ok(message.take_reference())
    }

    /// Has it send its kept reference back.
    pub fn returned(&self) -> Result<Option<Received>, CallError> {
        let mut message = Message::with_head(&Command::new(Task::Return, 0));
        self.exchange(&mut message)?;
        Ok(message.take_reference())
    }
}

impl Drop for Partner {
    fn drop(&mut self) {
        // It may have ended as the case wanted.
        let _ = self.child.incarnation.destroy();
    }
}

/// The call must have done what it was asked.
pub fn done<T>(what: &str, result: Result<T, CallError>) -> Result<T, Failure> {
    result.map_err(|error| format!("{what}: {error}"))
}

/// The call must have been refused with this error.
pub fn refused<T: Debug>(
    what: &str,
    result: Result<T, impl Into<CallError>>,
    expected: CallError,
) -> Outcome {
    match result.map_err(Into::into) {
        Err(error) if error == expected => Ok(()),
        Err(error) => Err(format!("{what}: {error:?} instead of {expected:?}")),
        Ok(value) => Err(format!("{what}: {value:?} instead of {expected:?}")),
    }
}

/// Both must be equal.
pub fn equal<T: PartialEq + Debug>(what: &str, found: &T, expected: &T) -> Outcome {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}: {found:?} instead of {expected:?}"))
}

/// Time since this incarnation was made.
pub fn elapsed() -> Result<Duration, Failure> {
    done("inc_time", rdc::time::times()).map(|times| times.elapsed)
}

/// At least so many milliseconds must have passed since `before`, which was [`elapsed`]. The
/// kernel counts whole ones.
pub fn has_waited(before: Duration, least_ms: u64) -> Outcome {
    let waited = elapsed()?.saturating_sub(before);
    if waited < Duration::from_millis(least_ms.saturating_sub(1)) {
        return Err(format!("waited {waited:?} instead of {least_ms} ms"));
    }
    Ok(())
}
