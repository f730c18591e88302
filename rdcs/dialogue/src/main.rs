//! Two languages in one program: this module invokes a server in C (`bin/counter.c`), and is
//! itself the server of a client in C (`bin/asker.c`). Both are made on the last of its nodes.
#![cfg_attr(target_arch = "m68k", no_std, no_main)]

use rdc::event::{self, Event};
use rdc::{CallError, ChannelType, Domain, ExitCode, Message, Module, NodeId, Timeout};
use zerocopy::big_endian::U32;

#[rdc::main]
fn main() -> Result<ExitCode, CallError> {
    let node = rdc::nodes()?.last().map_or(rdc::node(), |node| node.id);
    ask_the_counter(node)?;
    answer_the_asker(node)
}

/// Asks the counter how many words some texts have.
fn ask_the_counter(node: NodeId) -> Result<(), CallError> {
    let counter = Module::named("counter")?.create(node, &[])?;
    for text in ["to be, or not to be", "", "that is the question"] {
        let mut message = Message::new().data(text.as_bytes());
        counter.stream.invoke(&mut message)?;
        let words: U32 = message.head();
        rdc::println!("the counter has counted {words} words in \"{text}\"");
    }
    counter.incarnation.destroy()
}

/// Answers the asker, who wants squares of numbers, until it ends; answers its exit code.
fn answer_the_asker(node: NodeId) -> Result<ExitCode, CallError> {
    let (to_here, port) = rdc::channel(ChannelType::Unicast)?;
    let asker = Module::named("asker")?.create(node, b"7 11 -13")?;
    asker.stream.send(&mut Message::new().reference(&to_here, Domain::Rdc))?;
    loop {
        let mut events = [Event::message_at(&port), Event::dead(&asker.incarnation)];
        let happened = event::wait(&mut events, Timeout::Forever)?;
        if let Some((_, status)) = happened.iter().find_map(Event::end) {
            return Ok(ExitCode(status));
        }
        let mut message = Message::new();
        if let Some(reply) = port.receive(&mut message)? {
            let number: U32 = message.head();
            let square = number.get().wrapping_mul(number.get());
            reply.reply(&mut Message::with_head(&U32::new(square)))?;
        }
    }
}
