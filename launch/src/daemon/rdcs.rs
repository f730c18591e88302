//! RDCs: their launch, what their endpoints tell, and their end.

use std::time::Instant;

use abi::constants::EndReason;
use abi::error::CallError;
use abi::ids::{NodeId, RdcId};
use abi::rdc_file::RdcFile;
use kernel::platform::Bus;

use super::clients::{ClientId, Greeted};
use super::users::Groups;
use super::{Crate, Daemon, Lifetime, Stage};
use crate::endpoint::Outcome;
use crate::protocol::{Ended, FromDaemon, LaunchRequest, Placement, Refusal, ToDaemon, VERSION};
use crate::rdc;

/// The exit code of an RDC whose launch program is gone, or that was killed: as of a process.
const KILLED: i32 = 137;

/// An RDC that was launched and has not ended.
#[derive(Debug)]
pub(super) struct Rdc {
    pub name: String,
    pub user: String,
    /// Its launch program, until that is gone.
    pub client: Option<ClientId>,
    pub since: Instant,
}

impl<C: Crate> Daemon<C> {
    /// A client says something.
    pub(super) fn said(&mut self, id: ClientId, message: ToDaemon) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        let rdc = client.rdc;
        let answer = match (client.greeted, message) {
            (_, ToDaemon::Hello { version }) if version == VERSION => {
                client.greeted = Greeted::Yes;
                Ok(FromDaemon::Done)
            }
            (_, ToDaemon::Hello { version }) => Err(Refusal::new(format!(
                "the pool was started by version {VERSION} of equus; this is {version}"
            ))
            .help("end it with that version's `equus down`")),
            (Greeted::No, _) => Err(Refusal::new("a connection begins with a greeting")),
            (_, ToDaemon::Launch(request)) => match self.launch(id, &request) {
                Ok(()) => return,
                Err(refusal) => Err(refusal),
            },
            (_, ToDaemon::Answer { request, head, data }) => {
                if let Some(rdc) = rdc {
                    self.station.answer(rdc, request, head, data);
                }
                return;
            }
            (_, ToDaemon::End { code }) => {
                if let Some(rdc) = rdc {
                    self.station.end(rdc, code);
                }
                return;
            }
            (_, ToDaemon::Kill { rdc }) => self.kill(id, rdc),
            (_, ToDaemon::Ps) => Ok(FromDaemon::Rdcs(self.rdc_list())),
            (_, ToDaemon::Nodes) => Ok(FromDaemon::Nodes(self.node_list())),
            (_, ToDaemon::Logs { node }) => self.log_lines(node.as_deref()).map(FromDaemon::Logs),
            (_, ToDaemon::Trace { node }) => self.traces(node.as_deref()).map(FromDaemon::Traces),
            (_, ToDaemon::Down) => {
                self.stage = Stage::Ending;
                Ok(FromDaemon::Done)
            }
        };
        self.say(id, answer.unwrap_or_else(FromDaemon::Refused));
    }

    fn say(&self, client: ClientId, message: FromDaemon) {
        if let Some(client) = self.clients.get(&client) {
            client.say(message);
        }
    }

    /// Says something to the launch program of an RDC.
    fn say_to_launch(&self, rdc: RdcId, message: FromDaemon) {
        if let Some(client) = self.rdcs.get(&rdc).and_then(|rdc| rdc.client) {
            self.say(client, message);
        }
    }

    /// A client has gone: an RDC does not outlive its launch program (§7.3).
    pub(super) fn left(&mut self, id: ClientId) {
        let Some(client) = self.clients.remove(&id) else { return };
        if let Some(rdc) = client.rdc {
            self.station.end(rdc, KILLED);
            if let Some(rdc) = self.rdcs.get_mut(&rdc) {
                rdc.client = None;
            }
        }
        client.drop_now();
        if self.lifetime == Lifetime::OneClient {
            self.stage = Stage::Ending;
        }
    }

    fn launch(&mut self, id: ClientId, request: &LaunchRequest) -> Result<(), Refusal> {
        let Some(client) = self.clients.get(&id) else { return Ok(()) };
        if client.rdc.is_some() {
            return Err(Refusal::new("this connection has launched an RDC already"));
        }
        let user = client.user.clone();
        let file = rdc::read(&request.name, &request.file)?;
        let nodes = self.choose(&request.placement, &user.groups)?;
        let rights = user.system_rights(request.standing)?;
        let rdc = self.next_rdc();
        let space = self.system.stream_space.as_deref().map(RdcFile::read).transpose();
        let space = space.map_err(|error| Refusal::new(format!("stream space: {error}")))?;
        let files = (&file, space.as_ref());
        self.station.launch((rdc, rights), files, nodes).map_err(no_room)?;
        let name = request.name.clone();
        let since = Instant::now();
        let entry = Rdc { name, user: user.name, client: Some(id), since };
        self.rdcs.insert(rdc, entry);
        if let Some(client) = self.clients.get_mut(&id) {
            client.rdc = Some(rdc);
        }
        Ok(())
    }

    /// The nodes that an RDC gets whose user may have `groups`.
    pub(super) fn choose(
        &mut self,
        placement: &Placement,
        groups: &Groups,
    ) -> Result<Vec<NodeId>, Refusal> {
        let station = &mut self.station;
        self.roster.choose(placement, groups, |node| {
            station.node_mut().bus().status(node).map_or(u32::MAX, |status| status.load)
        })
    }

    /// The number of the next RDC.
    pub(super) fn next_rdc(&mut self) -> RdcId {
        self.last_rdc += 1;
        RdcId::new(self.last_rdc).expect("2^31 launches take years")
    }

    /// Something has come of an RDC.
    pub(super) fn came(&mut self, rdc: RdcId, outcome: Outcome) {
        match outcome {
            Outcome::Launched(nodes) => {
                let names = nodes.iter().map(|node| self.roster.name(*node).to_owned()).collect();
                if self.names.is(rdc) {
                    return self.names_are_up();
                }
                let message = FromDaemon::Launched { rdc: rdc.get(), nodes: names };
                self.say_to_launch(rdc, message);
            }
            Outcome::NotAllocated(node, error) => {
                let name = self.roster.name(node);
                let text = format!("{name} could not be allocated: {error}");
                self.say_to_launch(rdc, FromDaemon::Notice(text));
            }
            Outcome::NotCreated(error) => {
                let refusal =
                    Refusal::new(format!("the primary incarnation was not made: {error}"));
                if self.names.is(rdc) {
                    self.names_have_ended(&refusal.reason);
                }
                self.say_to_launch(rdc, FromDaemon::Refused(refusal));
                self.forget(rdc);
            }
            Outcome::WantsNames => self.wants_names(rdc),
            Outcome::Request { number, head, data } if self.names.is(rdc) => {
                self.serve_system(rdc, number, &head, &data);
            }
            Outcome::Request { number, head, data } => {
                self.say_to_launch(rdc, FromDaemon::Request { request: number, head, data });
            }
            Outcome::Ended { code, primary } => {
                if self.names.is(rdc) {
                    self.names_have_ended(&format!("it has ended: {:?}", ending(code, primary)));
                }
                self.say_to_launch(rdc, FromDaemon::Ended(ending(code, primary)));
                self.forget(rdc);
            }
        }
    }

    /// An RDC has ended; its launch program may launch another.
    fn forget(&mut self, rdc: RdcId) {
        let Some(entry) = self.rdcs.remove(&rdc) else { return };
        if let Some(client) = entry.client.and_then(|client| self.clients.get_mut(&client)) {
            client.rdc = None;
        }
    }

    fn kill(&mut self, id: ClientId, rdc: u32) -> Result<FromDaemon, Refusal> {
        let found = RdcId::new(rdc).and_then(|id| Some((id, self.rdcs.get(&id)?)));
        let Some((rdc, entry)) = found else {
            return Err(Refusal::new(format!("no RDC {rdc} is running"))
                .help("`equus ps` lists those that are"));
        };
        let user = self.clients.get(&id).map(|client| client.user.name.as_str());
        if user != Some(&entry.user) {
            return Err(Refusal::new(format!("RDC {} is {}'s", rdc.get(), entry.user)));
        }
        self.say_to_launch(rdc, FromDaemon::Notice("ended by `equus kill`".to_owned()));
        self.station.end(rdc, KILLED);
        Ok(FromDaemon::Done)
    }
}

/// The host has no room for one more RDC.
pub(super) fn no_room(error: CallError) -> Refusal {
    let refusal = Refusal::new(format!("the host has no room for one more RDC: {error}"));
    match error {
        CallError::NoMemory => {
            refusal.help("the modules of all running RDCs must fit into 13 MB together")
        }
        _ => refusal.help("wait until an RDC has ended"),
    }
}

/// What is told of the end of an RDC. Without a code of its own it has that of its primary
/// incarnation, which may have had none to give.
fn ending(code: i32, primary: Option<(EndReason, u32)>) -> Ended {
    let why = match (code, primary) {
        (0, Some((EndReason::Faulted, vector))) => format!("was ended by {}", fault(vector)),
        (0, Some((EndReason::NodeLost, _))) => "was lost with its node".to_owned(),
        (0, Some((EndReason::NotCreated, detail))) => match CallError::from_code(detail as i32) {
            Some(error) => format!("could not be made: {error}"),
            None => "could not be made".to_owned(),
        },
        _ => return Ended::Code(code),
    };
    Ended::Failed(format!("the primary incarnation {why}"))
}

/// An exception of the 680x0 in words.
fn fault(vector: u32) -> String {
    let name = match vector {
        2 => "an access to memory that it does not have",
        3 => "a jump to an odd address",
        4 => "an illegal instruction",
        5 => "a division by zero",
        6 | 7 => "a failed check",
        8 => "an instruction that only the kernel may use",
        10 | 11 => "an instruction that this processor does not have",
        48..=54 => "a floating-point exception",
        _ => return format!("exception {vector}"),
    };
    format!("{name} (exception {vector})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_without_a_code_is_explained() {
        let exited = |code| Some((EndReason::Exited, code));
        assert_eq!(ending(0, exited(0)), Ended::Code(0));
        assert_eq!(ending(3, exited(3)), Ended::Code(3));
        assert_eq!(ending(130, None), Ended::Code(130));
        assert_eq!(ending(5, Some((EndReason::Faulted, 2))), Ended::Code(5));
        let failed = |primary| match ending(0, Some(primary)) {
            Ended::Failed(text) => text,
            Ended::Code(code) => panic!("{primary:?} is code {code}"),
        };
        assert!(failed((EndReason::Faulted, 5)).contains("division by zero (exception 5)"));
        assert!(failed((EndReason::NodeLost, 0)).contains("lost with its node"));
        let error = CallError::NoMemory.code() as u32;
        assert!(failed((EndReason::NotCreated, error)).contains("too few free pages"));
    }
}
