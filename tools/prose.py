"""What the hygiene checks read in a page's Markdown: words, typed numbers, pictures, exercises."""

import re

FENCE = re.compile(r"^(?P<fence>`{3,}|~{3,}|:{3,}).*?^(?P=fence)\s*$", re.DOTALL | re.MULTILINE)
CODE_FENCE = re.compile(
    r"^(?P<fence>`{3,}|~{3,})(?:\s*|\w+|\{(?:code|code-block|math|mermaid|bibliography)\}.*)\n.*?^(?P=fence)\s*$",
    re.DOTALL | re.MULTILINE,
)
NOT_PROSE = (
    CODE_FENCE,
    re.compile(r"\$\$.*?\$\$", re.DOTALL),
    re.compile(r"\\begin\{(\w+\*?)\}.*?\\end\{\1\}", re.DOTALL),
    re.compile(r"^\s*:[\w-]+:.*$", re.MULTILINE),  # options of a directive
    re.compile(r"^(?:`{3,}|:{3,}).*$", re.MULTILINE),  # the lines that open and close one
    re.compile(r"^%.*$", re.MULTILINE),  # comments
    re.compile(r"^\([\w-]+\)=\s*$", re.MULTILINE),  # labels
    re.compile(r"<!--.*?-->", re.DOTALL),
    re.compile(r"\{[\w:.-]+\}`+[^`]*`+"),  # roles
    re.compile(r"`+[^`]*`+"),
    re.compile(r"(?<!\\)\$[^$\n]+\$"),
    re.compile(r"\]\([^)\s]*\)"),
    re.compile(r"https?://\S+|\barXiv:\S+|\bdoi:\S+", re.IGNORECASE),
)
NUMBER = re.compile(r"(?<![\w.,-])\d+\.\d+(?:\s?%)?(?!\w|\.\w)|(?<![\w.,])\d+\s?%")
CITATION = re.compile(r"\{cite(?::\w+)?\}`")
EXCUSED = re.compile(r"^%\s*typed:\s*(\S+(?:\s?%)?)\s+\S", re.MULTILINE)
GLUE = re.compile(r"\{glue(?::\w*)?\}`([^`]+)`|^\s*[`:]{3,}\{glue(?::\w*)?\}\s*(\S+)", re.MULTILINE)


def plain(text: str) -> str:
    """The text without mathematics, code, roles, options and addresses."""
    for pattern in NOT_PROSE:
        text = pattern.sub(" ", text)
    return text


def words(text: str) -> int:
    """How many words a reader reads: formulas and code count as none, a term or a glued number as one."""
    text = CODE_FENCE.sub(" ", text)
    text = re.sub(r"\{[\w:.-]+\}`+[^`]*`+|`+[^`\n]+`+", " word ", text)
    return len(re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", plain(text)))


def typed_numbers(text: str, code: str) -> list[tuple[str, str]]:
    """Numbers with decimals, and percentages, that look typed: (the number, the line it is in).

    Fine are numbers that stand in the page's code too (settings: a learning rate, a threshold that is asserted), in a
    paragraph with a citation (published results), in mathematics or code, or excused by `% typed: 2.64 reason`.
    """
    excused = {re.sub(r"\s", "", number) for number in EXCUSED.findall(text)}
    found = []
    for paragraph in re.split(r"\n\s*\n", CODE_FENCE.sub(" ", text)):
        if CITATION.search(paragraph):
            continue
        shown = plain(paragraph)
        for number in NUMBER.finditer(shown):
            typed = re.sub(r"\s", "", number[0])
            value = typed.rstrip("%")
            in_code = re.search(rf"(?<![\w.]){re.escape(value)}0*(?![\d.])", code)
            if typed.endswith("%") and not in_code:
                fraction = f"{float(value) / 100:.10f}".rstrip("0")
                in_code = re.search(rf"(?<![\w.]){re.escape(fraction)}0*(?![\d.])", code)
            if not in_code and typed not in excused and value not in excused:
                line = shown[shown.rfind("\n", 0, number.start()) + 1 :].split("\n")[0].strip()
                found.append((number[0], line if len(line) <= 80 else line[:80] + "..."))
    return found


def glue_names(text: str) -> list[str]:
    """The names that the prose wants from cells of its page (`page::name` looks elsewhere)."""
    names = [role or directive for role, directive in GLUE.findall(text)]
    names = [re.sub(r"^.*<(.+)>$", r"\1", name) for name in names]
    return [name.partition(":")[0] for name in names if "::" not in name]


def picture_faults(text: str) -> list[str]:
    """Markdown images and figure directives without the text that stands for them."""
    text_only = CODE_FENCE.sub(" ", text)
    faults = [f"picture {target} without alt text" for target in re.findall(r"!\[\s*\]\(([^)]*)\)", text_only)]
    for block in FENCE.finditer(text):
        head = re.match(r"[`:~]+\{(figure|image)\}\s*(\S+)", block[0])
        if not head:
            continue
        directive, target = head.groups()
        body = re.sub(r"^\s*:[\w-]+:.*$|^[`:~]{3,}.*$", "", block[0], flags=re.MULTILINE)
        if not re.search(r"^\s*:alt:\s*\S.{10,}", block[0], re.MULTILINE):
            faults.append(f"{directive} {target} without :alt:")
        if directive == "figure" and not re.search(r"^\s*:name:\s*fig-\S", block[0], re.MULTILINE):
            faults.append(f"figure {target} without :name: fig-...")
        if directive == "figure" and len(body.strip()) < 20:
            faults.append(f"figure {target} without a caption")
    return faults


def exercises(text: str) -> tuple[list[str], list[str]]:
    """The labels of the exercises, and of the exercises that have a solution."""
    asked = []
    for opening in re.finditer(r"^[`:]{3,}\{exercise(?:-start)?\}.*\n((?:\s*:[\w-]+:.*\n)*)", text, re.MULTILINE):
        label = re.search(r":label:\s*(\S+)", opening[1])
        asked.append(label[1] if label else "(no label)")
    solved = re.findall(r"^[`:]{3,}\{solution(?:-start)?\}\s*(\S+)", text, re.MULTILINE)
    return asked, solved
