//! The launch program of `rdcs/bench`: it takes the time between the lines "begin" and "end"
//! that the program prints, as often as it prints them.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use abi::service::{Operation, Request, Response, ServiceError};
use launch::connection::Connection;
use launch::protocol::{Ended, FromDaemon, LaunchRequest, Placement, Standing, ToDaemon};
use miette::{IntoDiagnostic, Result, bail};
use zerocopy::{FromBytes, FromZeros, IntoBytes};

use super::pool::Pool;

/// Where the receiver is, seen from the sender.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Place {
    /// On the same node.
    Near,
    /// On another one.
    Far,
}

/// What the program is to do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Order {
    /// The name of the call, as `rdcs/bench` knows it.
    pub call: &'static str,
    /// Where the receiver is.
    pub place: Place,
    /// Bytes of data with each call.
    pub bytes: u32,
    /// Nodes of the pool.
    pub nodes: u8,
    /// How the receiver changes, if there are two.
    pub alternation: Option<Alternation>,
}

/// Two receivers, between which the messages are led to and fro (dissertation, A.3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Alternation {
    /// By what, as `rdcs/bench` knows it.
    pub mechanism: &'static str,
    /// After how many messages each; 0 for never.
    pub every: u32,
}

impl Order {
    /// Calls in a pool of two nodes.
    pub const fn new(call: &'static str, place: Place, bytes: u32) -> Order {
        Order { call, place, bytes, nodes: 2, alternation: None }
    }

    /// The same without changes of the receiver.
    pub fn without_changes(self) -> Order {
        let never = |it| Alternation { every: 0, ..it };
        Order { alternation: self.alternation.map(never), ..self }
    }

    fn arguments(self, count: u32) -> Vec<u8> {
        let place = match self.place {
            Place::Near => "near",
            Place::Far => "far",
        };
        let changes = self.alternation.map_or_else(String::new, |it| {
            let Alternation { mechanism, every } = it;
            format!("{mechanism}\0{every}\0")
        });
        let Order { call, bytes, .. } = self;
        format!("{call}\0{place}\0{count}\0{bytes}\0{changes}").into_bytes()
    }
}

/// What some calls have cost.
#[derive(Clone, Copy, Default, Debug)]
pub struct Cost {
    /// Outside idle, on all nodes together: a nanosecond for each instruction, if the nodes'
    /// clocks count these.
    pub busy: Duration,
    /// On the host's clock.
    pub elapsed: Duration,
}

/// What a run has cost.
#[derive(Clone, Copy, Debug)]
pub struct Total {
    /// Between the lines.
    pub cost: Cost,
    /// How often there were lines: what these cost themselves is in it so often.
    pub laps: u32,
}

/// Has the program make `count` calls.
pub fn run(pool: &Pool, file: &[u8], order: Order, count: u32) -> Result<Total> {
    let mut run = Run {
        pool,
        connection: launch(pool, file)?,
        arguments: order.arguments(count),
        printed: Vec::new(),
        begun: None,
        total: Total { cost: Cost::default(), laps: 0 },
    };
    let ended = run.serve()?;
    match (ended, run.total) {
        (Ended::Code(0), total @ Total { laps: 1.., .. }) => Ok(total),
        (Ended::Failed(why), _) => bail!("{order:?}: {why}\n{}", run.printed()),
        (Ended::Code(code), _) => bail!("{order:?}: exit code {code}\n{}", run.printed()),
    }
}

/// Launches the program and ends it when it asks for something first. Answers how long that
/// has taken, and how long the nodes were busy since their boots.
pub fn launch_only(pool: &Pool, file: &[u8]) -> Result<Cost> {
    let started = Instant::now();
    let mut connection = launch(pool, file)?;
    let mut cost = None;
    loop {
        match connection.hear().into_diagnostic()? {
            FromDaemon::Request { .. } if cost.is_none() => {
                let elapsed = started.elapsed();
                cost = Some(Cost { busy: pool.busy()?, elapsed });
                connection.say(&ToDaemon::End { code: 0 }).into_diagnostic()?;
            }
            FromDaemon::Launched { .. } | FromDaemon::Request { .. } => {}
            FromDaemon::Ended(ended) => match cost {
                Some(cost) => return Ok(cost),
                None => bail!("the program has ended without a request: {ended:?}"),
            },
            other => bail!("the daemon says {other:?}"),
        }
    }
}

fn launch(pool: &Pool, file: &[u8]) -> Result<Connection> {
    let mut connection = pool.connect()?;
    let file = file.to_vec();
    let request = LaunchRequest {
        name: "bench".to_owned(),
        file,
        placement: Placement::All,
        standing: Standing::User,
    };
    connection.say(&ToDaemon::Launch(request)).into_diagnostic()?;
    Ok(connection)
}

/// One run of the program.
struct Run<'p> {
    pool: &'p Pool,
    connection: Connection,
    arguments: Vec<u8>,
    printed: Vec<u8>,
    /// Busy time and time when this lap's calls began.
    begun: Option<(Duration, Instant)>,
    total: Total,
}

impl Run<'_> {
    fn serve(&mut self) -> Result<Ended> {
        loop {
            match self.connection.hear().into_diagnostic()? {
                FromDaemon::Launched { .. } => {}
                FromDaemon::Request { request, head, data } => {
                    let answer = self.answer(request, &head, &data)?;
                    if request != 0 {
                        self.connection.say(&answer).into_diagnostic()?;
                    }
                }
                FromDaemon::Ended(ended) => return Ok(ended),
                other => bail!("the daemon says {other:?}"),
            }
        }
    }

    fn answer(&mut self, request: u32, head: &[u8], data: &[u8]) -> Result<ToDaemon> {
        let head = Request::ref_from_bytes(head).expect("a request has 32 bytes");
        let mut response = Response::new_zeroed();
        let mut answer = Vec::new();
        match Operation::from_number(head.operation.get() as i32) {
            Some(Operation::Arguments) => {
                let from = self.arguments.len().min(head.offset.get() as usize);
                answer.extend_from_slice(&self.arguments[from..]);
                response.result = (answer.len() as i32).into();
                response.size = (self.arguments.len() as u64).into();
            }
            Some(Operation::Write | Operation::Report) => {
                response.result = (data.len() as i32).into();
                self.says(data)?;
            }
            _ => response.result = ServiceError::BadRequest.code().into(),
        }
        let head = response.as_bytes().try_into().expect("a response has 32 bytes");
        Ok(ToDaemon::Answer { request, head, data: answer })
    }

    /// The program prints; a lap begins when its first line is answered.
    fn says(&mut self, bytes: &[u8]) -> Result<()> {
        let now = Instant::now();
        self.printed.extend_from_slice(bytes);
        let Total { cost, laps } = &mut self.total;
        let printed = String::from_utf8_lossy(&self.printed);
        let is_printed = |line: &str| printed.lines().filter(|known| *known == line).count();
        match self.begun {
            None if is_printed("begin") > *laps as usize => {
                self.begun = Some((self.pool.busy()?, Instant::now()));
            }
            Some((busy, began)) if is_printed("end") > *laps as usize => {
                cost.busy += self.pool.busy()?.saturating_sub(busy);
                cost.elapsed += now - began;
                *laps += 1;
                self.begun = None;
            }
            _ => {}
        }
        Ok(())
    }

    /// All that the program has printed: a request may end within a character.
    fn printed(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.printed)
    }
}
