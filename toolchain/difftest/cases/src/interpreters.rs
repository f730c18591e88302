//! Small interpreters: dense switches, tables of functions, trees of boxes.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt::{self, Display, Write};
use core::hint::black_box;

use crate::cases;

cases![stack_machine, brainfuck, regular_expressions, json, lisp, register_machine];

#[derive(Clone, Copy, Debug)]
enum Instruction {
    Push(i64),
    Add,
    Multiply,
    Subtract,
    Duplicate,
    Swap,
    JumpIfZero(u16),
    Jump(u16),
    Store(u8),
    Load(u8),
    Halt,
}

fn stack_machine(out: &mut dyn Write) -> fmt::Result {
    use Instruction::{
        Add, Duplicate, Halt, Jump, JumpIfZero, Load, Multiply, Push, Store, Subtract, Swap,
    };
    /// The result, and how many instructions it took.
    fn run(program: &[Instruction]) -> Option<(i64, u32)> {
        let (mut stack, mut memory) = (Vec::new(), [0; 4]);
        let (mut at, mut count) = (0usize, 0);
        loop {
            let instruction = *program.get(at)?;
            (at, count) = (at + 1, count + 1);
            match instruction {
                Push(value) => stack.push(value),
                Add | Multiply | Subtract => {
                    let (b, a) = (stack.pop()?, stack.pop()?);
                    stack.push(match instruction {
                        Add => a + b,
                        Multiply => a * b,
                        _ => a - b,
                    });
                }
                Duplicate => stack.push(*stack.last()?),
                Swap => {
                    let top = stack.len();
                    stack.swap(top.checked_sub(2)?, top - 1);
                }
                JumpIfZero(target) if stack.pop()? == 0 => at = target.into(),
                JumpIfZero(_) => {}
                Jump(target) => at = target.into(),
                Store(slot) => memory[usize::from(slot)] = stack.pop()?,
                Load(slot) => stack.push(memory[usize::from(slot)]),
                Halt => return Some((stack.pop()?, count)),
            }
        }
    }
    let factorial = [
        Push(20),
        Store(0),
        Push(1),
        Load(0),
        JumpIfZero(12),
        Load(0),
        Multiply,
        Load(0),
        Push(1),
        Subtract,
        Store(0),
        Jump(3),
        Duplicate,
        Swap,
        Halt,
    ];
    writeln!(out, "{:?} {:?} {:?}", run(&black_box(factorial)), run(&[Push(1), Add]), run(&[]))
}

fn brainfuck(out: &mut dyn Write) -> fmt::Result {
    let program: Vec<u8> = black_box(
        "++++++++[>++++[>++>+++>+++>+<<<<-]>+>+>->>+[<]<-]\
         >>.>---.+++++++..+++.>>.<-.<.+++.------.--------.>>+.",
    )
    .into();
    let mut partners = vec![0; program.len()];
    let mut open = Vec::new();
    for (at, byte) in program.iter().enumerate() {
        match byte {
            b'[' => open.push(at),
            b']' => {
                let start = open.pop().unwrap_or_default();
                (partners[at], partners[start]) = (start, at);
            }
            _ => {}
        }
    }
    let (mut tape, mut head, mut at) = ([0u8; 100], 0, 0);
    while let Some(byte) = program.get(at) {
        match byte {
            b'>' => head += 1,
            b'<' => head -= 1,
            b'+' => tape[head] = tape[head].wrapping_add(1),
            b'-' => tape[head] = tape[head].wrapping_sub(1),
            b'[' if tape[head] == 0 => at = partners[at],
            b']' if tape[head] != 0 => at = partners[at],
            b'.' => write!(out, "{}", char::from(tape[head]))?,
            _ => {}
        }
        at += 1;
    }
    writeln!(out)
}

/// Pike's matcher: `c . * ^ $`.
fn regular_expressions(out: &mut dyn Write) -> fmt::Result {
    fn matches(pattern: &[u8], text: &[u8]) -> bool {
        match pattern {
            [b'^', rest @ ..] => here(rest, text),
            _ => (0..=text.len()).any(|at| here(pattern, &text[at..])),
        }
    }
    fn here(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern, text) {
            ([], _) => true,
            ([letter, b'*', rest @ ..], _) => star(*letter, rest, text),
            ([b'$'], _) => text.is_empty(),
            ([letter, rest @ ..], [first, tail @ ..]) if letter == first || *letter == b'.' => {
                here(rest, tail)
            }
            _ => false,
        }
    }
    fn star(letter: u8, pattern: &[u8], mut text: &[u8]) -> bool {
        loop {
            if here(pattern, text) {
                return true;
            }
            match text {
                [first, tail @ ..] if *first == letter || letter == b'.' => text = tail,
                _ => return false,
            }
        }
    }
    let texts = ["banana", "bandana", "cabana", "", "nab"];
    for pattern in black_box(["an*a", "^b.*a$", "d", "^$", "n.n", "x*", "^.ab"]) {
        let line: String = texts
            .map(|text| if matches(pattern.as_bytes(), text.as_bytes()) { '+' } else { '-' })
            .iter()
            .collect();
        write!(out, "{line} ")?;
    }
    writeln!(out)
}

#[derive(Clone, Debug, PartialEq)]
enum Json {
    Null,
    Truth(bool),
    Number(f64),
    Text(String),
    List(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

impl Json {
    /// Reads a value from the beginning of a text and returns what follows.
    fn parse(text: &str) -> Result<(Json, &str), String> {
        let text = text.trim_start();
        let error = || alloc::format!("unexpected {:?}", text.chars().next());
        if let Some(rest) = text.strip_prefix("null") {
            Ok((Json::Null, rest))
        } else if let Some(rest) = text.strip_prefix("true") {
            Ok((Json::Truth(true), rest))
        } else if let Some(rest) = text.strip_prefix("false") {
            Ok((Json::Truth(false), rest))
        } else if text.starts_with('"') {
            let (string, rest) = Self::string(text)?;
            Ok((Json::Text(string), rest))
        } else if let Some(rest) = text.strip_prefix('[') {
            let (list, rest) = Self::sequence(rest, ']', |text| Self::parse(text))?;
            Ok((Json::List(list), rest))
        } else if let Some(rest) = text.strip_prefix('{') {
            let (pairs, rest) = Self::sequence(rest, '}', Self::pair)?;
            Ok((Json::Object(pairs.into_iter().collect()), rest))
        } else {
            let end = text
                .find(|c: char| !matches!(c, '0'..='9' | '-' | '+' | '.' | 'e'))
                .unwrap_or(text.len());
            let number = text[..end].parse().map_err(|_| error())?;
            Ok((Json::Number(number), &text[end..]))
        }
    }

    fn pair(text: &str) -> Result<((String, Json), &str), String> {
        let (name, rest) = Self::string(text.trim_start())?;
        let rest = rest.trim_start().strip_prefix(':').ok_or("no colon")?;
        let (value, rest) = Self::parse(rest)?;
        Ok(((name, value), rest))
    }

    fn string(text: &str) -> Result<(String, &str), String> {
        let mut string = String::new();
        let mut chars = text.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => return Ok((string, &text[at + 1..])),
                '\\' => match chars.next() {
                    Some((_, 'n')) => string.push('\n'),
                    Some((at, 'u')) => {
                        let code = text
                            .get(at + 1..at + 5)
                            .and_then(|digits| u32::from_str_radix(digits, 16).ok());
                        string.push(code.and_then(char::from_u32).ok_or("no such character")?);
                        chars.nth(3);
                    }
                    Some((_, c)) => string.push(c),
                    None => break,
                },
                c => string.push(c),
            }
        }
        Err("no end of string".into())
    }

    fn sequence<'a, T>(
        mut text: &'a str,
        end: char,
        item: impl Fn(&'a str) -> Result<(T, &'a str), String>,
    ) -> Result<(Vec<T>, &'a str), String> {
        let mut items = Vec::new();
        if let Some(rest) = text.trim_start().strip_prefix(end) {
            return Ok((items, rest));
        }
        loop {
            let (next, rest) = item(text)?;
            items.push(next);
            let rest = rest.trim_start();
            match rest.strip_prefix(',') {
                Some(rest) => text = rest,
                None => return Ok((items, rest.strip_prefix(end).ok_or("no end of sequence")?)),
            }
        }
    }
}

impl Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Json::Null => f.write_str("null"),
            Json::Truth(truth) => write!(f, "{truth}"),
            Json::Number(number) => write!(f, "{number}"),
            Json::Text(text) => write!(f, "{text:?}"),
            Json::List(list) => f
                .debug_list()
                .entries(list.iter().map(|each| fmt::from_fn(move |f| write!(f, "{each}"))))
                .finish(),
            Json::Object(object) => {
                let entries = object
                    .iter()
                    .map(|(name, value)| (name, fmt::from_fn(move |f| write!(f, "{value}"))));
                f.debug_map().entries(entries).finish()
            }
        }
    }
}

fn json(out: &mut dyn Write) -> fmt::Result {
    let texts = [
        r#" {"name": "node 7", "load": [0.5, -1e3, 12], "up": true, "peer": null} "#,
        r#"{"é": {"\u00e9\n": []}}"#,
        r#"[1, [2, [3, {}]], "x"] tail"#,
        r#"{"a" 1}"#,
        r#"["open"#,
        "[1,]",
        "nul",
    ];
    for text in black_box(texts) {
        match Json::parse(text) {
            Ok((value, rest)) => writeln!(
                out,
                "{value} {rest:?} {}",
                Json::parse(&alloc::format!("{value}")).is_ok()
            )?,
            Err(error) => writeln!(out, "{error}")?,
        }
    }
    Ok(())
}

#[derive(Clone)]
enum Term {
    Number(i64),
    Symbol(String),
    List(Vec<Term>),
    Lambda(Rc<Lambda>),
}

struct Lambda {
    names: Vec<String>,
    body: Term,
    scope: Scope,
}

/// Names and values, the innermost first.
type Scope = Option<Rc<Binding>>;

struct Binding {
    name: String,
    value: Term,
    outer: Scope,
}

fn bind(name: &str, value: Term, outer: &Scope) -> Rc<Binding> {
    Rc::new(Binding { name: name.into(), value, outer: outer.clone() })
}

fn read(words: &mut dyn Iterator<Item = &str>) -> Option<Term> {
    match words.next()? {
        "(" => {
            let mut list = Vec::new();
            while let Some(term) = read(words) {
                list.push(term);
            }
            Some(Term::List(list))
        }
        ")" => None,
        word => Some(word.parse().map_or_else(|_| Term::Symbol(word.into()), Term::Number)),
    }
}

fn look(scope: &Scope, name: &str) -> Option<Term> {
    let mut scope = scope.as_deref();
    while let Some(binding) = scope {
        if binding.name == name {
            return Some(binding.value.clone());
        }
        scope = binding.outer.as_deref();
    }
    None
}

fn evaluate(term: &Term, scope: &Scope) -> Option<Term> {
    let list = match term {
        Term::Symbol(name) => return look(scope, name),
        Term::List(list) => list,
        Term::Number(_) | Term::Lambda(_) => return Some(term.clone()),
    };
    let number = |index: usize| match evaluate(list.get(index)?, scope)? {
        Term::Number(number) => Some(number),
        _ => None,
    };
    match (list.first()?, &list[1..]) {
        (Term::Symbol(name), arguments) => match (name.as_str(), arguments) {
            ("+", _) => Some(Term::Number(number(1)?.checked_add(number(2)?)?)),
            ("*", _) => Some(Term::Number(number(1)?.checked_mul(number(2)?)?)),
            ("-", _) => Some(Term::Number(number(1)?.checked_sub(number(2)?)?)),
            ("<", _) => Some(Term::Number((number(1)? < number(2)?).into())),
            ("if", [_, yes, no]) => evaluate(if number(1)? != 0 { yes } else { no }, scope),
            ("let", [Term::Symbol(name), value, body]) => {
                let value = evaluate(value, scope)?;
                evaluate(body, &Some(bind(name, value, scope)))
            }
            ("lambda", [Term::List(names), body]) => {
                let names = names.iter().filter_map(|term| {
                    if let Term::Symbol(name) = term { Some(name.clone()) } else { None }
                });
                let (names, body) = (names.collect(), body.clone());
                Some(Term::Lambda(Rc::new(Lambda { names, body, scope: scope.clone() })))
            }
            _ => apply(&look(scope, name)?, arguments, scope),
        },
        (function, arguments) => apply(&evaluate(function, scope)?, arguments, scope),
    }
}

fn apply(function: &Term, arguments: &[Term], scope: &Scope) -> Option<Term> {
    let Term::Lambda(lambda) = function else { return None };
    let mut inner = lambda.scope.clone();
    for (name, argument) in lambda.names.iter().zip(arguments) {
        inner = Some(bind(name, evaluate(argument, scope)?, &inner));
    }
    evaluate(&lambda.body, &inner)
}

fn lisp(out: &mut dyn Write) -> fmt::Result {
    let programs = [
        "(let square (lambda (x) (* x x)) (+ (square 12) (square -5)))",
        "(let self (lambda (f n) (if (< n 2) n (+ (f f (- n 1)) (f f (- n 2))))) (self self 15))",
        "((lambda (a b) (- (* a 10) b)) 7 8)",
        "(let add (lambda (n) (lambda (m) (+ n m))) ((add 3) ((add 40) 500)))",
        "(+ 1 unknown)",
        "(* 9223372036854775807 2)",
    ];
    for program in black_box(programs) {
        let spaced = program.replace('(', " ( ").replace(')', " ) ");
        match read(&mut spaced.split_whitespace()).and_then(|term| evaluate(&term, &None)) {
            Some(Term::Number(number)) => write!(out, "{number} ")?,
            Some(_) => write!(out, "no number ")?,
            None => write!(out, "nothing ")?,
        }
    }
    writeln!(out)
}

/// Sixteen registers; each operation is a function in a table.
struct Machine {
    registers: [u32; 16],
    counter: u32,
    steps: Vec<Box<dyn Fn(&mut Machine)>>,
}

fn register_machine(out: &mut dyn Write) -> fmt::Result {
    type Operation = fn(&mut Machine, usize, u32);
    const OPERATIONS: [Operation; 6] = [
        |machine, to, operand| machine.registers[to] = operand,
        |machine, to, operand| machine.registers[to] = machine.registers[to].wrapping_add(operand),
        |machine, to, operand| machine.registers[to] ^= machine.registers[operand as usize % 16],
        |machine, to, operand| machine.registers[to] = machine.registers[to].rotate_left(operand),
        |machine, to, operand| {
            machine.registers[to] = machine.registers[to].wrapping_mul(operand | 1);
        },
        |machine, to, _| machine.counter = machine.counter.wrapping_add(machine.registers[to]),
    ];
    let mut machine = Machine { registers: [1; 16], counter: 0, steps: Vec::new() };
    for word in (0..400u32).map(|n| n.wrapping_mul(black_box(2_654_435_761)).rotate_right(11)) {
        let (operation, to) = (OPERATIONS[word as usize % 6], (word >> 8 & 15) as usize);
        machine.steps.push(Box::new(move |machine| operation(machine, to, word >> 13)));
    }
    for step in core::mem::take(&mut machine.steps) {
        step(&mut machine);
    }
    writeln!(out, "{:x?} {:x}", machine.registers, machine.counter)
}
