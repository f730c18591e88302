//! Packets on their way: what was published is given a fate, and arrives or not.

use abi::ids::NodeId;
use abi::message::{Header, Kind};
use zerocopy::FromBytes;

use super::{Event, Pool};
use crate::backplane::{Arrival, Flight};
use crate::fault::{Fate, Fault};
use crate::oracle::Violation;
use crate::plant::Effect;
use crate::queue::Micros;

impl Pool {
    /// Sends off what the nodes have published since the last event.
    pub(super) fn send_off(&mut self) -> Result<(), Violation> {
        let mut published = std::mem::take(&mut self.published);
        self.backplane.borrow_mut().take_published(&mut published);
        for mut flight in published.drain(..) {
            if let Some(defect) = &mut self.defect
                && defect.apply(&mut flight) == Effect::Vanishes
            {
                self.backplane.borrow_mut().discard(flight);
                continue;
            }
            let kind = kind_of(&flight)?;
            self.sites[flight.from.index()].last_sent = Some(kind);
            self.coverage.sent(kind);
            self.note_packet(&flight, kind);
            self.digest.add_bytes(flight.packet.bytes());
            self.send_one(flight, kind);
        }
        self.published = published;
        Ok(())
    }

    fn note_packet(&mut self, flight: &Flight, kind: Kind) {
        if self.trace.is_some()
            && let Ok((header, _)) = Header::ref_from_prefix(flight.packet.bytes())
        {
            let (from, to) = (flight.from.0, flight.to.0);
            let (source, sequence) = (header.source.get(), header.sequence.get());
            let (port, id) = (header.to.get(), header.to_id.get());
            self.note(format_args!(
                "  {from} -> {to} {kind:?} {source:x} number {sequence} for {port:x} {id:x}"
            ));
        }
    }

    fn send_one(&mut self, flight: Flight, kind: Kind) {
        if self.is_cut(flight.from, flight.to) {
            self.coverage.hit(Fault::Partition, kind);
            self.backplane.borrow_mut().discard(flight);
            return;
        }
        let fate = self.faults.fate();
        if let Some(fault) = fate.fault() {
            self.coverage.hit(fault, kind);
        }
        let now_us = self.queue.now_us();
        match fate {
            Fate::Lost => self.backplane.borrow_mut().discard(flight),
            Fate::Overtaken { delay_us } => self.arrive_at(now_us + delay_us, flight),
            Fate::InOrder { delay_us } => {
                let at_us = self.behind_earlier(&flight, now_us + delay_us);
                self.arrive_at(at_us, flight);
            }
            Fate::Twice { first_us, second_us } => {
                let copy = self.backplane.borrow_mut().duplicate(&flight);
                let at_us = self.behind_earlier(&flight, now_us + first_us);
                self.arrive_at(at_us, flight);
                self.arrive_at(now_us + second_us, copy);
            }
        }
    }

    /// The time at which a packet arrives that could arrive at `at_us` and must not
    /// overtake the earlier ones of its pair of nodes.
    fn behind_earlier(&mut self, flight: &Flight, at_us: Micros) -> Micros {
        let pair = flight.from.index() * self.sites.len() + flight.to.index();
        let last_us = &mut self.last_arrival_us[pair];
        *last_us = at_us.max(*last_us);
        *last_us
    }

    fn arrive_at(&mut self, at_us: Micros, flight: Flight) {
        let index = self.flights.insert(flight);
        self.queue.push(at_us, Event::Arrive(index as u32));
    }

    /// Puts a packet before its receiver and wakes it.
    pub(super) fn arrive(&mut self, index: u32) {
        let flight = self.flights.remove(index as usize);
        let to = flight.to;
        self.digest.add(&[u64::from(flight.from.0), u64::from(to.0)]);
        let arrival = self.backplane.borrow_mut().deliver(flight);
        if arrival == Arrival::Arrived {
            self.wake(to);
        }
    }

    /// Whether the bus is cut between two nodes.
    fn is_cut(&self, one: NodeId, other: NodeId) -> bool {
        match &self.half {
            Some(half) => half[one.index()] != half[other.index()],
            None => false,
        }
    }
}

fn kind_of(flight: &Flight) -> Result<Kind, Violation> {
    let number = flight.packet.bytes().first().copied();
    number.and_then(Kind::from_number).ok_or_else(|| Violation::Kernel {
        node: flight.from,
        what: format!("sent a packet of the kind {number:?}, which does not exist"),
    })
}
