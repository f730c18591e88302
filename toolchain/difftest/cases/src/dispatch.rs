//! Trait objects: tables of methods, defaults, drops, and types found at run time.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::any::Any;
use core::cell::RefCell;
use core::error::Error;
use core::fmt::{self, Debug, Display, Write};
use core::hint::black_box;

use crate::cases;

cases![
    shapes,
    supertraits,
    order_of_drops,
    types_at_run_time,
    generic_methods,
    sources_of_errors,
    objects_in_maps,
    writers
];

trait Shape {
    fn area(&self) -> f64;
    fn scale(&mut self, factor: f64);
    fn name(&self) -> String {
        String::from("shape")
    }
    fn twice(&self) -> f64 {
        self.area() * 2.0
    }
}

struct Square(f64);
struct Rectangle {
    width: f32,
    height: f64,
}
/// Without any data.
struct Unit;

impl Shape for Square {
    fn area(&self) -> f64 {
        self.0 * self.0
    }
    fn scale(&mut self, factor: f64) {
        self.0 *= factor;
    }
    fn name(&self) -> String {
        format!("square {}", self.0)
    }
}

impl Shape for Rectangle {
    fn area(&self) -> f64 {
        f64::from(self.width) * self.height
    }
    fn scale(&mut self, factor: f64) {
        self.width *= factor as f32;
        self.height *= factor;
    }
}

impl Shape for Unit {
    fn area(&self) -> f64 {
        1.0
    }
    fn scale(&mut self, _: f64) {}
    fn twice(&self) -> f64 {
        -2.0
    }
}

fn shapes(out: &mut dyn Write) -> fmt::Result {
    let mut all: Vec<Box<dyn Shape>> = vec![
        Box::new(Square(2.5)),
        Box::new(Rectangle { width: 3.0, height: 4.5 }),
        Box::new(Unit),
    ];
    for shape in black_box(&mut all) {
        shape.scale(1.5);
        write!(out, "{} {} {}; ", shape.name(), shape.area(), shape.twice())?;
    }
    let largest = all.iter().max_by(|a, b| a.area().total_cmp(&b.area())).unwrap();
    writeln!(out, "{} {}", largest.name(), size_of_val(&**largest))
}

trait Named: Debug {
    fn name(&self) -> &str;
}
trait Counted: Named + Display {
    fn count(&self) -> u64;
    fn line(&self) -> String {
        format!("{self} {self:?} {} {}", self.name(), self.count())
    }
}
#[derive(Debug)]
struct Item(&'static str, u64);
impl Named for Item {
    fn name(&self) -> &str {
        self.0
    }
}
impl Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{:>5}>", self.0)
    }
}
impl Counted for Item {
    fn count(&self) -> u64 {
        self.1 << 33
    }
}

fn supertraits(out: &mut dyn Write) -> fmt::Result {
    let counted: Box<dyn Counted> = black_box(Box::new(Item("abc", 3)));
    let line = counted.line();
    let named: &dyn Named = &*counted;
    let shown: &dyn Debug = named;
    writeln!(out, "{line} {} {shown:?}", named.name())
}

/// Notes its end in a list.
struct Noted(u32, Rc<RefCell<Vec<u32>>>);
impl Drop for Noted {
    fn drop(&mut self) {
        self.1.borrow_mut().push(self.0);
    }
}

fn order_of_drops(out: &mut dyn Write) -> fmt::Result {
    let list = Rc::new(RefCell::new(Vec::new()));
    let noted = |number| Noted(number, list.clone());
    {
        let _first = noted(1);
        let boxed: Box<dyn Any> = Box::new(noted(2));
        let mut slot = Some(noted(3));
        let tuple = (noted(4), noted(5));
        slot = black_box(None).or(slot.take().filter(|each| each.0 > 3));
        drop(tuple.1);
        let _all = [noted(6), noted(7)];
        let closure = move || drop(boxed);
        closure();
        assert!(slot.is_none());
    }
    writeln!(out, "{:?} {}", list.borrow(), Rc::strong_count(&list))
}

fn types_at_run_time(out: &mut dyn Write) -> fmt::Result {
    let all: [Box<dyn Any>; 4] =
        black_box([Box::new(5u32), Box::new("text"), Box::new(-1i128), Box::new([1u8, 2])]);
    for any in all {
        match any.downcast::<u32>() {
            Ok(number) => write!(out, "u32 {number}; ")?,
            Err(any) if any.is::<&str>() => write!(out, "{:?}; ", any.downcast_ref::<&str>())?,
            Err(any) => {
                write!(out, "{:?} {:?}; ", any.downcast_ref::<i128>(), any.is::<[u8; 2]>())?;
            }
        }
    }
    writeln!(out, "{}", core::any::type_name::<Option<Vec<i16>>>())
}

trait Visitor {
    fn visit(&mut self, value: &dyn Display);
}
struct Joined(String);
impl Visitor for Joined {
    fn visit(&mut self, value: &dyn Display) {
        let _ = write!(self.0, "[{value:^7}]");
    }
}
struct Longest(usize);
impl Visitor for Longest {
    fn visit(&mut self, value: &dyn Display) {
        self.0 = self.0.max(format!("{value}").len());
    }
}

fn generic_methods(out: &mut dyn Write) -> fmt::Result {
    fn walk<V: Visitor + ?Sized>(visitor: &mut V) {
        let values: [&dyn Display; 5] = [&1u8, &"two", &'3', &4.5, &-6i64];
        black_box(values).iter().for_each(|value| visitor.visit(value));
    }
    let (mut joined, mut longest) = (Joined(String::new()), Longest(0));
    let both: [&mut dyn Visitor; 2] = [&mut joined, &mut longest];
    both.into_iter().for_each(walk);
    writeln!(out, "{} {}", joined.0, longest.0)
}

#[derive(Debug)]
enum Trouble {
    Number(core::num::ParseIntError),
    Nested(Box<dyn Error>),
}
impl Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Number(_) => f.write_str("no number"),
            Trouble::Nested(_) => f.write_str("deeper trouble"),
        }
    }
}
impl Error for Trouble {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Trouble::Number(error) => Some(error),
            Trouble::Nested(error) => Some(&**error),
        }
    }
}

fn sources_of_errors(out: &mut dyn Write) -> fmt::Result {
    fn parse(text: &str) -> Result<u8, Box<dyn Error>> {
        Ok(text.parse::<u8>().map_err(Trouble::Number)?)
    }
    let error = Trouble::Nested(parse(black_box("300")).unwrap_err());
    let mut next: Option<&dyn Error> = Some(&error);
    while let Some(error) = next {
        write!(out, "{error}; ")?;
        next = error.source();
    }
    writeln!(out, "{:?}", error.source().and_then(|source| source.downcast_ref::<Trouble>()))
}

fn objects_in_maps(out: &mut dyn Write) -> fmt::Result {
    type Command = Rc<dyn Fn(&mut Vec<i64>) -> Option<i64>>;
    let mut commands: BTreeMap<&str, Command> = BTreeMap::new();
    commands.insert("dup", Rc::new(|stack| stack.last().copied()));
    commands.insert("mul", Rc::new(|stack| Some(stack.pop()? * stack.pop()?)));
    let offset = black_box(7);
    commands.insert("add7", Rc::new(move |stack| Some(stack.pop()? + offset)));
    let mut stack = vec![3];
    for word in black_box(["dup", "mul", "add7", "dup", "mul", "nop", "mul"]) {
        let result = commands.get(word).cloned().and_then(|command| command(&mut stack));
        stack.extend(result);
        write!(out, "{word} {stack:?} ")?;
    }
    writeln!(out)
}

/// A writer that passes on to another one, letter by letter.
struct Spaced<'a>(&'a mut dyn Write, usize);
impl Write for Spaced<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for letter in text.chars() {
            self.1 += 1;
            self.0.write_char(letter)?;
            self.0.write_char('.')?;
        }
        Ok(())
    }
}

fn writers(out: &mut dyn Write) -> fmt::Result {
    let mut spaced = Spaced(out, 0);
    let mut doubly = Spaced(&mut spaced, 0);
    write!(doubly, "{:?}{:>4}", Some("ö"), 17)?;
    let counts = (doubly.1, spaced.1);
    writeln!(out, " {counts:?}")
}
