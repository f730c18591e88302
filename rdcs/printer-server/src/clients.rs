//! The clients: RDCs of which the server knows a number and a handle to their streams.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use printer_server::protocol::CLIENTS_MAX;
use rdc::StreamHandle;

/// A client.
pub struct Client {
    pub number: u32,
    /// Of its stream to a spooler.
    pub handle: StreamHandle,
    /// The printer that its stream leads to.
    pub printer: u32,
    /// The printer that it is to be led to, once its spooler has settled its affairs.
    pub wanted: Option<u32>,
    /// How many of its documents were printed.
    pub documents: usize,
}

/// All clients.
#[derive(Default)]
pub struct Clients {
    /// Those that can be led elsewhere.
    pub connected: Vec<Client>,
    /// Those that have a stream to a printer, by number, and have not sent their handle yet. One
    /// that ends before it does stays here, until others take its place.
    admitted: VecDeque<(u32, u32)>,
    /// How many were connected ever.
    pub ever: usize,
    last_number: u32,
}

impl Clients {
    /// A number for a new client of the printer of this number, if there is room.
    pub fn admit(&mut self, printer: u32) -> Option<u32> {
        if self.connected.len() >= CLIENTS_MAX {
            return None;
        }
        if self.admitted.len() >= CLIENTS_MAX {
            self.admitted.pop_front();
        }
        self.last_number += 1;
        self.admitted.push_back((self.last_number, printer));
        Some(self.last_number)
    }

    /// A client that was admitted has sent its handle.
    pub fn connect(&mut self, number: u32, handle: StreamHandle) -> Option<&mut Client> {
        let at = self.admitted.iter().position(|(admitted, _)| *admitted == number)?;
        let (number, printer) = self.admitted.remove(at)?;
        self.ever += 1;
        self.connected.push(Client { number, handle, printer, wanted: None, documents: 0 });
        self.connected.last_mut()
    }

    /// The client of a number, if it is connected.
    pub fn find(&mut self, number: u32) -> Option<&mut Client> {
        self.connected.iter_mut().find(|client| client.number == number)
    }

    /// A client is gone.
    pub fn remove(&mut self, number: u32) -> Option<Client> {
        let at = self.connected.iter().position(|client| client.number == number)?;
        Some(self.connected.remove(at))
    }

    /// The clients of a printer.
    pub fn of_printer(&mut self, printer: u32) -> impl Iterator<Item = &mut Client> {
        self.connected.iter_mut().filter(move |client| client.printer == printer)
    }
}
