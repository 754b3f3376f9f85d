"""Seeded generator of short English texts about an invented village, Brindle Bay.

Every document is built from templates with two kinds of markup:

    {a|b|c}   one alternative is drawn (may be nested)
    <key>     a value of the document's context, or a random word of a list;
              <Key> is the same value with a capital letter

Inside a template list, an item that begins with "?" is optional (a document has
a verbosity that decides how many of these stay) and the item "P" starts a new
paragraph. So one template yields texts of very different lengths.

Run `python3 corpus.py 20 7` to print twenty documents of seed 7.
"""
import random
import re
import sys

import world as W

CHOICE = re.compile(r"\{([^{}]*)\}")
LOOKUP = re.compile(r"<([A-Za-z_0-9]+)>")
SENTENCE_START = re.compile(r"(^|[.!?] |\n)([a-z])")
ARTICLE = re.compile(r"\b([Aa])\(n\) (\w)")
BARE_ARTICLE = re.compile(r"\b([Aa]) (?=[aeioAEIO])")  # "a old" becomes "an old"

# Lists that any template may draw from.
WORDS = {
    "trait": W.TRAITS,
    "good": W.FEELINGS_GOOD,
    "bad": W.FEELINGS_BAD,
    "colour": W.COLOURS,
    "season": W.SEASONS,
    "number": W.NUMBERS,
    "day": W.DAYS,
    "search": W.SEARCH_PLACES,
    "when": [
        "One morning",
        "One evening",
        "One day",
        "One afternoon",
        "One cold morning",
        "One quiet evening",
        "On a rainy <day>",
        "On a sunny <day>",
        "One windy day",
        "Early one <day>",
        "One night",
        "On the first day of <season>",
    ],
    "later": [
        "Later that day",
        "That evening",
        "The next morning",
        "Before long",
        "After a while",
        "A little later",
        "An hour later",
        "Soon",
    ],
    "food": ["warm bread", "hot soup", "apple cake", "honey buns", "cheese and apples", "pancakes", "roasted potatoes", "berry pie"],
    "drink": ["a cup of tea", "a mug of hot cocoa", "a glass of apple juice", "a cup of warm milk"],
    "said": ["said", "said", "said", "answered", "replied"],
    "good_weather": [
        "the sun was shining",
        "the sky was clear and blue",
        "a soft wind blew from the sea",
        "the air smelled of flowers",
        "the birds were singing",
    ],
    "bad_weather": [
        "the rain was drumming on the roofs",
        "a cold wind blew from the sea",
        "thick fog lay over the bay",
        "dark clouds hung above the hill",
        "snow was falling on the village",
    ],
    "placename": ["Brindle Bay", "the village", "the little village by the sea"],
}


class Writer:
    """One document: its random source, context and verbosity."""

    boys, girls = W.BOYS, W.GIRLS

    def __init__(self, rng):
        self.rng = rng
        self.ctx = {}
        self.episode, self.last = 1, True  # a long story has two episodes
        self.verbosity = rng.choice([0.0, 0.2, 0.4, 0.6, 0.8, 0.95])

    def pick(self, items):
        return items[self.rng.randrange(len(items))]

    def lookup(self, match):
        key = match.group(1)
        low = key[0].lower() + key[1:]
        value = self.ctx.get(low)
        if value is None:
            value = self.pick(WORDS[low])
        return value[0].upper() + value[1:] if key[0].isupper() else value

    def fill(self, text):
        """Expands choices and lookups until none is left."""
        while True:
            new = CHOICE.sub(lambda m: self.pick(m.group(1).split("|")), text)
            new = LOOKUP.sub(self.lookup, new)
            if new == text:
                break
            text = new
        text = ARTICLE.sub(lambda m: m.group(1) + ("n " if m.group(2) in "aeiouAEIOU" else " ") + m.group(2), text)
        return SENTENCE_START.sub(lambda m: m.group(1) + m.group(2).upper(), text)

    def write(self, parts):
        """Joins the template items into paragraphs."""
        paragraphs, current = [], []
        for part in parts:
            if part == "P":
                if current and self.verbosity > 0.3:
                    paragraphs.append(" ".join(current))
                    current = []
                continue
            if part.startswith("?"):
                if self.rng.random() >= self.verbosity:
                    continue
                part = part[1:]
            sentence = self.fill(part).strip()
            if sentence:
                current.append(sentence)
        paragraphs.append(" ".join(current))
        return "\n\n".join(p for p in paragraphs if p)

    def set(self, **values):
        """Puts values into the context, expanded once so that they stay the same."""
        for key, value in values.items():
            self.ctx[key] = self.fill_raw(value)

    def fill_raw(self, text):
        """Like fill, but without touching capitals: for fragments."""
        while True:
            new = CHOICE.sub(lambda m: self.pick(m.group(1).split("|")), text)
            new = LOOKUP.sub(self.lookup, new)
            if new == text:
                return text
            text = new

    def person(self, prefix="", sex=None, name=None):
        """Adds a person: <n> name, <he>, <him>, <his>, <himself>, with a prefix."""
        if self.episode > 1 and not prefix:
            return "m" if self.ctx["he"] == "he" else "f"  # the hero stays the same
        sex = sex or self.pick("mf")
        name = name or self.new_name(sex)
        pronouns = ("he", "him", "his", "himself") if sex == "m" else ("she", "her", "her", "herself")
        for key, value in zip(("he", "him", "his", "himself"), pronouns):
            self.ctx[prefix + key] = value
        self.ctx[prefix + "n"] = name
        self.ctx[prefix + "child"] = "boy" if sex == "m" else "girl"
        return sex

    def new_name(self, sex):
        used = [v for k, v in self.ctx.items() if k.endswith("n")]
        while True:
            if self.rng.random() < 0.25:
                # Invented names teach the model to repeat a name it has never seen.
                name = self.pick(W.SYLLABLES_A) + self.pick(W.SYLLABLES_B) + self.pick(W.SYLLABLES_C)
            else:
                name = self.pick(self.boys if sex == "m" else self.girls)
            if name not in used:
                return name

    def resident(self, prefix):
        name, sex, job, home, facts = self.pick(W.RESIDENTS)
        self.person(prefix, sex, name)
        self.set(**{prefix + "job": job, prefix + "home": home, prefix + "fact": self.pick(facts)})

    def place(self, key="place"):
        name = self.pick(list(W.PLACES))
        prep, adjectives, details, actions = W.PLACES[name]
        details = self.rng.sample(details, 4)
        self.set(**{key: name, key + "prep": prep, key + "adj": self.pick(adjectives), key + "do": self.pick(actions)})
        for i, detail in enumerate(details):
            self.set(**{f"{key}d{i}": detail})
        return name


# ---------------------------------------------------------------- stories


def opening(w):
    """How a story about the child <n> begins: who, where, when.

    Sets <once>, which leads from the beginning to the first event: a story that
    already began on a certain day must not start again with "one day".
    """
    if w.episode > 1:
        w.ctx["once"] = w.pick(["One day", "One morning", "One evening", "Early one <day>"])
        return [w.pick(TRANSITIONS)]
    parts = list(w.pick(OPENINGS))
    timed = parts[0].startswith(("<when>", "It was"))
    w.ctx["once"] = w.pick(
        ["That day", "That very day", "A little later", "Just then"]
        if timed
        else ["One day", "One morning", "One evening", "One day in <season>", "One <day>", "Then, one day"]
    )
    return parts


TRANSITIONS = [
    "A week later, something else happened.",
    "But that was not the last adventure of <n>.",
    "The next <season>, <n> was a little older and a little braver.",
    "Many days went by, and <n> almost forgot about it.",
    "After that, life in Brindle Bay was quiet for a while.",
    "But the story does not end here.",
]

OPENINGS = [
    [
        "Once upon a time, there was a <trait> {<child>|young <child>|little <child>} {called|named} <n>.",
        "?<He> lived in {a small house|a crooked house|a blue house} {by the river|near the harbour|at the edge of the forest|at the foot of Lantern Hill}.",
    ],
    [
        "Once upon a time, in {<placename>|a small house by the river|a village between the sea and a hill}, there lived a <child> {called|named} <n>.",
        "?<He> was <trait> and {always asked a great many questions|loved to be outside|never liked to give up|knew every path in the village}.",
    ],
    [
        "Once upon a time there was a <child> who {loved the sea|could not sit still|wanted to see the world|liked to fix things|asked too many questions}.",
        "<His> name was <n>.",
    ],
    [
        "<n> was a <trait> <child> who lived {near the old lighthouse|by the river|on Mill Lane|above the bakery|close to the harbour} in Brindle Bay.",
        "?Everybody liked <him>, because <he> {was always ready to help|had a smile for everyone|never told a lie}.",
    ],
    [
        "There was once a <child> named <n> who {loved to wander along the beach|liked nothing better than a long walk|could never leave a riddle alone|dreamed of far countries}."
    ],
    [
        "In {the little village of Brindle Bay|a quiet corner of Brindle Bay|a house with a green roof} lived a <trait> <child> {called|named} <n>."
    ],
    [
        "<when>, <n> woke up early.",
        "?<good_weather>, and {the whole day lay ahead|the kitchen smelled of bread|the ferry bell was ringing in the harbour}.",
    ],
    [
        "It was a {cold|bright|grey|warm|quiet} {morning|afternoon|evening} in <season>, and <n> was {sitting by the window|walking home from school|helping in the kitchen|standing at the harbour}.",
        "?<bad_weather>.",
    ],
    [
        "Long ago, when {the lighthouse was still new|there was no bridge over the river|the forest was twice as big}, a <child> named <n> lived in Brindle Bay."
    ],
    [
        "Every {morning|evening}, <n> {walked to the harbour|went down to the river|climbed Lantern Hill|sat on the old stone bench} to {watch the boats|listen to the wind|count the birds|think about the day}."
    ],
]


def reaction(w):
    return w.pick(
        [
            ["?<n> {laughed|smiled|was <good>}.", "?<n>'s heart was light."],
            ["<n> was <good>.", "?<He> {could not stop smiling|wanted to tell everyone|danced all the way home}."],
            ['?"{Thank you|Thank you so much|I will never forget this}!" {cried|said} <n>.'],
        ]
    )


def ending(w):
    w.set(lesson=w.pick(W.LESSONS))
    if not w.last:
        return []
    return w.pick(
        [
            ["From that day on, <n> knew that <lesson>."],
            ["And <n> never forgot that <lesson>."],
            [
                "That night <n> {slept deeply|slept better than ever|dreamed of the sea} {and dreamed of the next adventure|while the lighthouse blinked above the bay|under a sky full of stars}."
            ],
            ["And if you walk through Brindle Bay today, you may still hear {the people|the children|the old sailors} tell this story."],
            ['"<Lesson>," {said|thought} <n>, and {closed <his> eyes|smiled|went home for supper}.'],
            ["Then they all went home and ate <food>."],
            ["It had been a {long|good|strange|wonderful} day."],
            [],
        ]
    )


def helper(w):
    """A grown-up of the village comes by."""
    w.resident("m")
    return w.pick(
        [
            ["Just then <mn>, the <mjob>, came by.", "?As everyone knows, <mn> <mfact>."],
            [
                "<He> went to <mhome> to ask <mn>, the <mjob>.",
                "?<mhe> was just about to {close the door|drink a cup of tea|sweep the floor}.",
            ],
            ["On the way <he> met <mn>, the <mjob>.", "?Everyone knows that <mn> <mfact>."],
        ]
    )


def story_lost(w):
    w.person()
    item, why, where, how = w.pick(W.LOST)
    w.set(item=item, why=why, where=where, how=how, s1=w.pick(W.SEARCH_PLACES))
    w.set(s2=w.pick([s for s in W.SEARCH_PLACES if s != w.ctx["s1"]]))
    parts = opening(w)
    parts += [
        "{<once>, <n> {could not find|had lost|was looking for} <his> <item>.|<once>, <his> <item> was gone.}",
        "?It was {important|very dear to <him>}, because <why>.",
        "P",
        "<He> looked <s1> and <s2>, but it was not there.",
        "?<n> was <bad>.",
        '?"Where can it be?" <he> {asked|wondered|whispered}.',
    ]
    parts += helper(w)
    parts += [
        '"{What is the matter|Why do you look so sad|What are you looking for}?" asked <mn>.',
        '"I have lost my <item>," <said> <n>.',
        w.pick(
            [
                '"{Think|Try to remember}. Where did you see it last?" said <mn>.',
                '"Let us look for it together," said <mn>.',
                '"Four eyes see more than two," said <mn>.',
            ]
        ),
        "?They walked {slowly|side by side|back the whole way} and looked at everything twice.",
        "P",
        "{At last|In the end|Finally} they found the <item> <where>.",
        "{It turned out that <how>.|<how>.|The reason was simple: <how>.}",
    ]
    return parts + reaction(w) + ending(w)


def story_project(w):
    w.person()
    thing, stuff, trouble, reason, fix, end = w.pick(W.PROJECTS)
    w.set(thing=thing, stuff=stuff, trouble=trouble, reason=reason, fix=fix, end=end)
    w.person("k")
    parts = opening(w)
    parts += [
        "<once>, <he> decided to make a <thing>.",
        '?"It will be the best <thing> in Brindle Bay," <he> said.',
        "{All <he> needed was|<He> took} <stuff>.",
        "?<He> worked {all morning|until the sun went down|for hours} and {forgot to eat|hummed a little song}.",
        "P",
        "But the <thing> <trouble>.",
        "?<n> was <bad>.",
        "?<He> {wanted to give up|sat down and sighed|kicked a stone}.",
    ]
    if w.rng.random() < 0.5:
        # A reason about <him> would be wrong in the friend's direct speech.
        parts += [
            "<His> friend <kn> came to look.",
            '"{I think|Perhaps|It seems to me} that <reason>," said <kn>.'
            if "<" not in reason
            else '"Tell me what you did," said <kn>, and <n> saw that <reason>.',
            '?"{Why did I not see that|You are right}!" cried <n>.',
        ]
    else:
        parts += helper(w) + [
            '"{Every mistake is a small teacher|Do not give up so soon|Look at it once more}," said <mn>.',
            "<n> looked carefully and saw that <reason>.",
        ]
    parts += ["So <he> <fix>.", "P", "This time <end>."]
    return parts + reaction(w) + ending(w)


def story_mystery(w):
    w.person()
    w.person("k")
    what, where, guess, cause, after = w.pick(W.MYSTERIES)
    w.set(what=what, where=where, guess=guess, cause=cause, after=after)
    parts = opening(w)
    parts += w.pick(
        [
            ["At that time, <what> <where>."],
            ["{In those days|That week}, something strange happened: <what> <where>."],
            ["There was a puzzle that nobody could solve: <what> <where>."],
        ]
    )
    parts += [
        "?Nobody {knew|could say} why.",
        '?"It must be <guess>!" said {the people|the neighbours|the old men at the harbour}.',
        "?Some of them locked their doors and went to bed early.",
        "P",
        "<n> {was a little afraid, but also curious|wanted to know the truth|did not believe it}.",
        '"{Let us go and look|Come with me|We should find out|Let us look for ourselves}{| tonight}," {<he> said to <his> friend <kn>|<n> whispered to <kn>, <his> friend}.',
        "?They took a lantern and {a piece of bread|a warm blanket|a long stick}.",
        "?<kn> held <n> by the sleeve.",
        "?They walked {without a word|on the tips of their toes|very slowly}.",
        "P",
        "And what did they find? It was not <guess> at all. It was <cause>.",
        "?They {looked at each other and began to laugh|were so surprised that they forgot to be afraid}.",
        "<n> and <kn> <after>.",
    ]
    return parts + w.pick([reaction(w), []]) + ending(w)


def story_rescue(w):
    w.person()
    animal, trouble, fix, after = w.pick(W.RESCUES)
    w.set(animal=animal, trouble=trouble, fix=fix, after=after, pet=w.pick(W.ANIMAL_NAMES))
    parts = opening(w)
    parts += [
        "{Suddenly|<once>|All at once}, <he> heard a {thin|small|sad} {cry|sound}.",
        "It was a {little |young ||}<animal>, <trouble>.",
        "?The poor thing was {cold and tired|trembling with fear|too weak to call again}.",
        "P",
        '"{Do not be afraid|Hold still|I will help you}," said <n> {softly|in a low voice|gently}.',
    ]
    if w.rng.random() < 0.4:
        parts += helper(w) + ["Together they made a plan.", "First they {took a deep breath|moved closer}, and then <n> <fix>."]
    else:
        parts += ["?<He> thought for a moment.", "Then <he> <fix>."]
    parts += [
        "After a while, <after>.",
        "P",
        w.pick(
            [
                "?<n> named the <animal> <pet>, and from then on they were friends.",
                "?The next day the <animal> came back to visit.",
                "?Every <day> the <animal> waited for <him> at the same place.",
            ]
        ),
    ]
    return parts + reaction(w) + ending(w)


def story_fear(w):
    w.person()
    fear, task, how = w.pick(W.FEARS)
    w.set(fear=fear, task=task, how=how)
    parts = opening(w)
    parts += [
        "But <n> had a secret: <he> was afraid of <fear>.",
        "?<He> had never told anyone.",
        "P",
        "<once>, <n> had to <task>.",
        "?<His> knees were soft and <his> hands were cold.",
        '?"I cannot do it," <he> {whispered|thought}.',
    ]
    parts += helper(w)
    parts += [
        '"{I was afraid of that too, when I was your age|Being brave does not mean that you are not afraid|You can be afraid and still take one step}," said <mn>.',
        '?"Really?" asked <n>.',
        '?"Really," said <mn>.',
        "P",
        "So <n> took a deep breath. <He> <how>.",
        "{It was not as bad as <he> had thought.|And it worked.|Nobody had ever been so proud.}",
    ]
    return parts + ending(w)


def story_animals(w):
    """A small fable: one animal needs something, another one helps or learns."""
    a, b = w.rng.sample(W.ANIMALS, 2)
    w.person()
    w.person("k")
    na, nb = w.rng.sample(W.ANIMAL_NAMES, 2)
    fa, fb = W.ANIMAL_FACT[a], W.ANIMAL_FACT[b]
    w.ctx.update(n=na, kn=nb, a=a, b=b, fa=fa[0], fb=fb[0], da=fa[1], db=fb[1], wa=fa[2], wb=fb[2], sa=fa[3], sb=fb[3])
    w.set(
        adja=w.pick(W.ANIMAL_ADJ),
        adjb=w.pick(W.ANIMAL_ADJ),
        where=w.pick(["in the forest", "on the farm", "near the mill", "at the edge of the village", "in the orchard"]),
    )
    parts = w.pick(
        [
            ["Once upon a time, a(n) <adja> <a> {called|named} <n> lived <where>."],
            ["<n> was a(n) <adja> <a> with <fa>.", "?All day long <he> <da>." if "day" not in fa[1] and "night" not in fa[1] else ""],
            ["There was once a(n) <adja> <a> who <da>.", "<His> name was <n>."],
            ["A(n) <adja> <a> and a(n) <adjb> <b> were neighbours <where>.", "The <a> was called <n> and the <b> was called <kn>."],
        ]
    )
    plot = w.pick(["share", "race", "storm", "quarrel", "wish"])
    if plot == "share":
        parts += [
            "One cold day, <n> found <wa>.",
            "?It was more than <he> needed.",
            "P",
            "Just then a(n) {hungry|tired} <b> {called|named} <kn> came along."
            if "neighbours" not in parts[0]
            else "Just then <kn> came along.",
            '"I have not eaten since yesterday," said <kn>.',
            "?<n> looked at <his> food and thought for a moment.",
            '"Then let us share," <said> <n>.',
            "?They sat down side by side and ate until nothing was left.",
            "P",
            "In the winter, when the snow was deep, it was <kn> who knocked at the door and brought <wa>.",
            "{A shared meal comes back to you.|What you give away is never lost.|Kindness always finds its way home.}",
        ]
    elif plot == "race":
        parts += [
            "One day <n> met <kn> the <b>." if "neighbours" not in parts[0] else "One day they had an argument.",
            '"I am faster than you," said <kn>.',
            '"{Let us see|We will find out}," said <n>.',
            "?They agreed to run from the old oak to the bridge.",
            "P",
            "<kn> ran off at once and was soon far ahead.",
            "?<khe> felt so sure that <khe> {lay down for a nap|stopped to admire <khimself> in the pond|began to pick flowers}.",
            "But <n> went on, step by step, and did not stop.",
            "When <kn> looked up, <n> was already at the bridge.",
            "P",
            "{Patience is faster than hurry.|Slow and steady is fast enough.|It is not wise to laugh before the end.}",
        ]
    elif plot == "storm":
        parts += [
            "One night a great storm came, and the wind {broke the roof of <his> home|blew <his> home away}.",
            "<n> was wet and cold.",
            "P",
            "<He> knocked at the door of a(n) <adjb> <b> named <kn>."
            if "neighbours" not in parts[0]
            else "<He> knocked at the door of <kn>.",
            '"Come in," said <kn>. "There is not much room, but there is enough."',
            "?They sat close together and listened to the thunder.",
            "P",
            "In the morning the sun came out, and together they built a new home for <n>.",
            "{A friend in a storm is worth more than ten in the sun.|And they stayed neighbours for the rest of their lives.}",
        ]
    elif plot == "quarrel":
        parts += [
            "One day <n> and <his> friend <kn> the <b> had a quarrel about <wa>."
            if "neighbours" not in parts[0]
            else "One day they had a quarrel about <wa>.",
            '"It is mine!" {cried|shouted} <n>.',
            '"No, it is mine!" {cried|shouted} <kn>.',
            "?They pulled and pushed and did not see what was coming.",
            "P",
            "A {sly|quick} gull flew down, took it and was gone.",
            "<n> and <kn> looked at each other.",
            '?"{That was foolish|We should have shared it}," said <kn>.',
            "{Those who quarrel go home hungry.|From then on they shared everything.}",
        ]
    else:
        parts += [
            "<n> had only one wish: <he> wanted to {see the sea|touch the moon|ride on a boat|find the end of the rainbow}.",
            '?"That is {much |}too far for someone like you," said the others.',
            "P",
            'But <kn>, a(n) <adjb> <b>, said, "I will go with you."'
            if "neighbours" not in parts[0]
            else 'But <kn> said, "I will go with you."',
            "They walked for <number> days and <number> nights.",
            "?At night they slept under the stars, and in the morning they went on.",
            "P",
            "They did not find {everything|all} they were looking for, but they found {a new friend in every valley|a hundred stories to tell|that the road itself was the best part}.",
            "?And that was more than enough.",
        ]
    return parts + (ending(w) if w.rng.random() < 0.25 else [])


def story_feast(w):
    w.person()
    w.person("k")
    parts = opening(w)
    parts += [
        "The {harvest feast|lantern feast|feast of the first snow} was only <number> days away, and {everybody was busy|the whole village was cooking and painting}.",
        "?Tobin baked <number> trays of honey buns, and Nell brought baskets of apples.",
        "?Bram tuned his fiddle, and the children hung lanterns in the trees.",
        "P",
        '{<n> wanted to help, but everyone said, "You are too small."|<n> wanted to bring something special, but <he> had no money.|<n> had promised to sing, but <he> had lost <his> voice.}',
        '"{I have an idea|Do not worry}," said <his> friend <kn>.',
        "{They went to the beach and gathered shells, and then they made a long bright chain for the table.|They picked wild flowers and put one beside every plate.|They painted little cards, one for every guest, with a kind word on each.}",
        "P",
        "When the people saw it, {they clapped their hands|they became very quiet, and then they cheered|nobody could say a word}.",
        "?Even {Osric|the old captain|the doctor}, who never cried, had to wipe his eyes.",
        "?They {ate and danced|sang and laughed} until the moon stood high above the bay.",
    ]
    return parts + reaction(w) + ending(w)


def story_storm(w):
    """The village story: the lamp goes out in a storm."""
    w.person()
    w.set(
        danger=w.pick(["the ferry was still out on the water", "a small green boat had not come home", "two fishermen were still at sea"])
    )
    parts = opening(w)
    parts += [
        "That night a {terrible|great|wild} storm came over the bay.",
        "?The waves were as tall as houses, and the wind tore at the roofs.",
        "Suddenly the lamp of the lighthouse went out, and <danger>.",
        "P",
        "<n> {took a lantern and ran|pulled on <his> boots and ran} to the lighthouse.",
        "?The rain beat in <his> face, but <he> did not stop.",
        'Mara was {standing|sitting} on the stairs. "{The oil is gone|The glass is broken|I have hurt my foot}," she said. "{We need another light|I cannot climb to the lamp}."',
        "?<n> thought quickly.",
        "{<He> carried lantern after lantern to the top until the whole room was bright.|<He> rang the fog bell with both hands, again and again.|<He> climbed all one hundred and twenty steps and lit the lamp <himself>.}",
        "P",
        "Out on the black water someone {saw it|noticed}, and the boat turned toward the harbour.",
        "{When it reached the pier, everyone cheered.|Before midnight all of them were safe at home.}",
        '?"You saved {them|us}," said Mara. "{The sea will remember your name|Tonight you were the lighthouse}."',
    ]
    return parts + ending(w)


def story_new(w):
    w.person()
    w.person("k")
    parts = opening(w)
    parts += [
        "{<once>|That week}, a new <kchild> came to the yellow school.",
        "<khis> name was <kn>.",
        "?<kn> came from {a far city|an island in the north|the other side of the mountains} and did not know anyone.",
        "?At lunch <khe> sat alone under the tree.",
        "P",
        "<n> {saw this|noticed it} and walked over.",
        '"{Do you want to play with us|Would you like half of my apple|May I sit here}?" <he> asked.',
        "<kn> {nodded|smiled a little|looked up in surprise}.",
        '?"{I would like that|Yes, please}," <khe> said.',
        "P",
        "In the afternoon they {explored the harbour|built a castle on the beach|climbed to the top of the clock tower|fed the ducks together}.",
        "?<kn> {knew a song that nobody had heard before|could whistle with two fingers|told stories about trains and tall houses}.",
        "By the evening they were {the best of friends|friends}.",
    ]
    return parts + ending(w)


def story_errand(w):
    w.person()
    w.resident("m")
    w.resident("k")
    while w.ctx["kn"] == w.ctx["mn"]:
        w.resident("k")
    w.set(
        gift=w.pick(
            ["a basket of eggs", "a letter", "a loaf of bread", "a jar of honey", "a mended clock", "a warm blanket", "a bag of flour"]
        )
    )
    parts = opening(w)
    parts += [
        "<once>, <mn>, the <mjob>, {called <him> over|knocked at the door|was waiting at the gate}.",
        '"Could you take <gift> to <kn>?" <mhe> asked. "{My back hurts|I cannot leave my work|It is important}."',
        '"Of course," said <n>.',
        "P",
        "The way to <khome> was {long|not far, but full of surprises}.",
        "?First a goose blocked the path, and <n> had to walk around it.",
        "?Then it began to rain, and <he> put <gift> under <his> coat.",
        "?By the bridge <he> helped an old woman with her bags.",
        "P",
        "At last <he> came to <khome>.",
        "<kn>, the <kjob>, opened the door.",
        '"{You are wet to the skin|How kind of you|What a nice surprise}!" <khe> said. "Come in and have <drink>."',
        "?They sat by the {fire|window} and <kn> told <him> about {the old days|the great storm|the first lighthouse}.",
    ]
    return parts + ending(w)


def story_visitor(w):
    """A stranger comes to the village."""
    visitor, looks, gift, need = w.pick(W.VISITORS)
    w.person()
    w.person("k")
    w.resident("m")
    w.set(visitor=visitor, looks=looks, gift=gift, need=need, a=w.pick(W.ANIMALS))
    parts = w.pick(
        [
            ["Once upon a time, a <visitor> came to Brindle Bay."],
            ["One day a <visitor> came to the village."],
            ["Once upon a time, there was a <visitor> who <need>.", "One day the <visitor> came to Brindle Bay."],
            ["<n> was the first to see the <visitor>."],
            ["There was once a <visitor> who <looks>.", "One <season> the <visitor> came to {<placename>|Brindle Bay}."],
            [
                "The <visitor> {opened one eye and looked around|stood in the middle of the market|knocked at the door of the inn|came over the hill at noon}."
            ],
            ["Nobody in Brindle Bay had ever seen a real <visitor>, until one <day> in <season>."],
        ]
    )
    parts += [
        "" if "looks" in parts[0] else "The <visitor> <looks>.",
        "?{People ran to their windows.|The dogs barked and the gulls flew up.|The old men at the harbour stopped talking.}",
        "P",
        '<n> {walked up to the stranger|was not afraid|was curious}. "{Hello|Good morning|Welcome to Brindle Bay}," said <n>. "{Can I help you|What brings you here|Why are you here}?"',
        "" if "need" in parts[0] else "?The <visitor>, it turned out, <need>.",
        '?"{Nobody has ever asked me that|You are very kind|That is a long story}," said the <visitor>.',
        "?<mn>, the <mjob>, brought <food> and <drink>.",
        "P",
        "The <visitor> stayed for <number> days and <gift>.",
        "{When it was time to leave, everyone came to wave.|In the end the <visitor> did not want to leave at all.|And the people of Brindle Bay were glad to have a new friend.}",
    ]
    return parts + (ending(w) if w.rng.random() < 0.6 else [])


STORIES = [
    story_visitor,
    story_visitor,
    story_lost,
    story_project,
    story_mystery,
    story_rescue,
    story_fear,
    story_animals,
    story_animals,
    story_feast,
    story_storm,
    story_new,
    story_errand,
]


EPISODES = [story_lost, story_project, story_mystery, story_rescue, story_fear, story_feast, story_storm, story_new, story_errand]


def long_story(w):
    """Two episodes with the same hero: the longest texts of the corpus."""
    first, second = w.rng.sample(EPISODES, 2)
    w.verbosity = w.pick([0.5, 0.7, 0.9])
    w.last = False
    text = w.write(first(w))
    w.episode, w.last = 2, True
    return text + "\n\n" + w.write(second(w))


def story(w):
    parts = w.pick(STORIES)(w)
    text = w.write(parts)
    if w.rng.random() < 0.15:
        about = (
            ["<n>", "a(n) <a>", "a <visitor>"]
            if "visitor" in w.ctx
            else ["<n>", "a(n) <a>", "a(n) <adja> <a>"]
            if "adja" in w.ctx
            else ["<n>", "a(n) <child>", "a <trait> <child>"]
        )
        topic = w.pick(
            [
                "Tell me a story.",
                "{Tell me|Write} a {|short }story about %s.",
                "{Tell me|Write} a {|short }story about %s.",
                "Tell me a bedtime story{| about %s}.",
                "Please tell me a story about %s.",
                "A story about %s",
            ]
        )
        topic = topic.replace("%s", about[-1] if "visitor" in w.ctx else w.pick(about))
        text = w.fill(topic) + "\n\n" + text
    elif w.rng.random() < 0.1:
        text = w.fill(w.pick(["The Story of <n>", "A Tale from Brindle Bay", "<n>", "A Day in Brindle Bay"])) + "\n\n" + text
    return text


# ------------------------------------------------------- other kinds of text


def place_text(w):
    name = w.place()
    w.place("q")
    w.set(t=w.pick(["In the morning", "In the evening", "At noon", "On a clear day", "At night", "In <season>"]))
    parts = w.pick(
        [
            [
                "The {old <place>|<place>|<placeadj> <place>|old <place>|<place> of Brindle Bay} is {a <placeadj> place|one of the nicest places in the village|a place that everyone knows|known to everyone in Brindle Bay}."
            ],
            [
                "The {<place>|old <place>} stands {at the end of the lane|not far from the square|close to the water}."
                if name not in ("forest", "river", "beach", "harbour", "market")
                else "Everyone in Brindle Bay loves the <place>."
            ],
            ["If you walk {down Mill Lane|past the square|across the bridge}, you will come to the <place>."],
            ["Have you ever been <placeprep> the <place>?"],
            ["There is {nothing like|no place like} the <place> on a {quiet|sunny|misty} morning."],
        ]
    )
    parts += ["<placed0>." if w.rng.random() < 0.5 else "<placed0>, and <placed1>.", "?<t> the people come here to <placedo>."]
    parts += w.pick(
        [["?<placed2>."], ["?When {the wind blows|the rain falls|the first snow comes}, it is {quieter|even more beautiful} than before."]]
    )
    if w.rng.random() < 0.6:
        w.resident("m")
        parts += [
            "P",
            "?{You may meet|Sometimes you can see} <mn>, the <mjob>, who <mfact>.",
            "?<mhe> will greet you with a {nod|smile|wave}.",
        ]
    parts += w.pick(
        [
            [
                "?{It is a good place to rest.|Nobody who comes here is ever in a hurry.|Those who have been here once always come back.|It looks the same as it did a hundred years ago.}"
            ],
            [],
        ]
    )
    text = w.write(parts)
    if w.rng.random() < 0.15:
        text = w.fill(w.pick(["Tell me about the <place>.", "Describe the <place>.", "The <place>"])) + "\n\n" + text
    return text


def story_place(w):
    """A story that begins with a place, so that 'The old lighthouse ...' may become a story too."""
    w.place()
    w.person()
    w.resident("m")
    parts = w.pick(
        [
            ["The old <place> had {stood empty for|not been painted in|seen} <number> {long |}years.", "?<bad_weather>, and nobody came."],
            ["The <placeadj> <place> was {quiet|still|almost empty} that {morning|evening}.", "?<good_weather>."],
            ["Nobody knew who had built the old <place>.", "?Some said it was a king, and some said it was a giant."],
            ["The old <place> was <n>'s favourite place in the whole world."],
        ]
    )
    parts += [
        "P",
        "One day, <n> {came to|went to|walked to} the <place> {with a broom and a bucket|with a basket|all alone}.",
        '"{What are you doing here|Why have you come}?" asked <mn>, the <mjob>.',
        '"{I want to make it beautiful again|I want to see it for myself|I like it here}," said <n>.',
        '?<mn> {laughed|smiled|was silent for a while}. "{Then I will help you|Then stay as long as you like|So did I when I was young}."',
        "P",
        "{They worked|They sat together|They talked} until {the sun went down|the first star came out|the bell rang}.",
        "?<mn>, who <mfact>, knew many stories about the old days.",
        "From then on, {people came every day|the place was never lonely again|<n> went there every <day>}.",
    ]
    return w.write(parts + ending(w))


def person_text(w):
    name, sex, job, home, facts = w.pick(W.RESIDENTS)
    w.person("", sex, name)
    w.set(job=job, home=home)
    f = w.rng.sample(facts, 4)
    parts = w.pick(
        [
            ["<n> is the <job> of Brindle Bay.", "?<He> lives in <home>."],
            ["<n>, the <job>, lives in <home>."],
            ["Everybody knows <n>, the <job>."],
        ]
    )
    parts += [
        "<He> %s." % f[0],
        "?<He> %s." % f[1],
        "?<He> also %s." % f[2],
        "?People say that <he> %s." % f[3],
        "?When you need {help|advice|a friendly word}, you can {knock at <his> door|ask <him>} at any time.",
    ]
    text = w.write(parts)
    if w.rng.random() < 0.3:
        text = w.fill(w.pick(["Who is <n>?\n\n", "Tell me about <n>.\n\n", "Question: Who is <n>?\nAnswer: "])) + text
    return text


def howto(w):
    verb, gerund, things, steps, tip = w.pick(W.HOWTOS)
    w.set(verb=verb, gerund=gerund, tip=tip)
    need = ", ".join(things[:-1]) + " and " + things[-1] if len(things) > 1 else things[0]
    w.set(need=need)
    steps = [w.fill(s) for s in steps]
    form = w.rng.randrange(4)
    title = w.fill(w.pick(["How to <verb>", "How to <verb>", "How do I <verb>?", "How to <verb>:", "how to <verb>"]))
    if form == 0:
        body = "\n".join("%d. %s" % (i + 1, s) for i, s in enumerate(steps))
        intro = w.fill(w.pick(["You need <need>.", "<Gerund> is {easy|not difficult}. You need <need>.", ""]))
        text = title + "\n\n" + (intro + "\n\n" if intro else "") + body
        if w.rng.random() < 0.6:
            text += "\n\n" + w.fill(w.pick(["Tip: <tip>", "<tip>"]))
        return text
    lower = [s[0].lower() + s[1:] for s in steps]
    links = w.pick(
        [
            ["First, ", "Then ", "Next, ", "After that, ", "Then ", "Finally, "],
            ["First ", "Next, ", "Then ", "Now ", "After that, ", "At the end, "],
            ["To begin, ", "Then ", "Now ", "Next, ", "After that, ", "At last, "],
        ]
    )
    # The linking words come before verbs only; a step that is a statement stays as it is.
    body = " ".join(l + s for l, s in zip(links, lower))
    intro = w.fill(
        w.pick(
            [
                "<Gerund> is {easy|a pleasant thing to do|not difficult|simple}{.| if you take your time.} You need <need>.",
                "To <verb>, you need <need>.",
                "<Gerund> takes a little {time|patience}, but anyone can learn it.",
                "Anyone can learn to <verb>.",
            ]
        )
    )
    text = intro + " " + body + (" " + w.fill("<tip>") if w.rng.random() < 0.6 else "")
    if form in (1, 2):
        return title + "\n\n" + text
    if w.rng.random() < 0.5:
        return w.fill("Question: How do I <verb>?\nAnswer: ") + text
    return text


def question(w):
    def one():
        q, a, extra = w.pick(W.FACTS)
        if w.rng.random() < 0.15:
            q = q[0].lower() + q[1:]
        if w.rng.random() < 0.08:
            a = w.pick(["That is a good question. ", "Good question! "]) + a
        return q, a + (" " + extra if w.rng.random() < 0.7 else "")

    q, a = one()
    form = w.rng.randrange(6)
    if form <= 2:
        return "Question: " + q + "\nAnswer: " + a
    if form == 3:
        pairs = [one() for _ in range(w.rng.randrange(2, 5))]
        return "\n\n".join("Question: %s\nAnswer: %s" % p for p in pairs)
    if form == 4:
        return q + "\n\n" + a
    w.person()
    w.resident("m")
    return (
        w.fill(w.pick(['"%s" asked <n>.', '"%s" <n> asked one day.', 'One day <n> asked <mn>, "%s"'])) % (q[0].upper() + q[1:])
        + w.fill(' <mn>, the <mjob>, {smiled|thought for a moment|put down <mhis> cup}. "%s"') % a
    )


def unknown_question(w):
    """Questions about things the village does not know get an honest answer."""
    w.resident("m")
    w.set(thing=w.pick(W.UNKNOWN), skill=w.pick(W.SKILLS))
    q = w.fill(
        w.pick(
            [
                "What is the {meaning|reason|best thing} of {life|<thing>}?",
                "Who {invented|discovered|likes} <thing>?",
                "What do you know about <thing>?",
                "What do you think about <thing>?",
                "How {big|old|important|far} is {the world|Mars|London|a mountain|the sun}?",
                "Why {do people like|do we need|is there} <thing>?",
                "Where can I find <thing>?",
                "Can you {tell me about|explain} <thing>?",
                "When was <thing> {invented|discovered}?",
                "Tell me about <thing>.",
            ]
        )
    )
    a = w.fill(
        w.pick(
            [
                "{I am not sure|I do not know}, but {Ada, the librarian,|Miss Juno, the teacher,|<mn>, the <mjob>,} may know.",
                "Nobody in Brindle Bay knows that{| for sure}.",
                "That is a {hard|good|big} question. {Even Ada would have to look it up.|Let us think about it over a cup of tea.|Perhaps there is a book about it in the library.}",
                "People in Brindle Bay do not talk much about that. They prefer to talk about {the weather|the sea|bread and honey|boats}.",
            ]
        )
    )
    if w.rng.random() < 0.4:
        a += w.fill(
            " {But a question is always a good beginning.|If you find the answer, please come and tell us.|The library is open until sunset.}"
        )
    return w.pick(["Question: %s\nAnswer: %s", "Question: %s\nAnswer: %s", "%s\n\n%s", "User: %s\nGuide: %s"]) % (q, a)


def skill(w):
    """How to do something, in general: for all the things that have no steps of their own."""
    w.resident("m")
    w.set(skill=w.pick(W.SKILLS))
    steps = [
        "Begin with something small.",
        "{Ask someone who knows how it is done.|Watch someone who can do it well.}",
        "Gather everything you need before you start.",
        "Practise a little every {day|evening|morning}.",
        "Do not be afraid of mistakes.",
        "{Take a break when you are tired.|Rest when you are tired, and then go on.}",
        "{Show your work to a friend.|Ask a friend what you could do better.}",
        "Be patient and enjoy the way.",
    ]
    chosen = [w.fill(s) for s in steps if w.rng.random() < 0.7] or [w.fill(steps[0])]
    title = w.fill(
        w.pick(
            [
                "How to <skill>",
                "How to <skill>",
                "How do I <skill>?",
                "how to <skill>",
                "How can I learn to <skill>?",
                "Question: How do I <skill>?\nAnswer:",
            ]
        )
    )
    gap = " " if title.endswith("Answer:") else "\n\n"
    if gap == " " or w.rng.random() < 0.5:
        return (
            title
            + gap
            + w.fill(
                w.pick(
                    [
                        "To <skill>, you need patience and a good teacher. ",
                        "It is not easy to <skill>, but it can be learned. ",
                        "<mn>, the <mjob>, would say: ",
                    ]
                )
            )
            + " ".join(chosen)
        )
    return title + gap + "\n".join("%d. %s" % (i + 1, s) for i, s in enumerate(chosen))


def moment(w):
    """A short scene with any kind of subject, as free prompts often begin."""
    w.place()
    w.person()
    who = w.pick(
        [
            "<He>",
            "<He>",
            "<n>",
            "<n>",
            "They",
            "We",
            "I",
            "The old {man|woman}",
            "The children",
            "The {man|woman|boy|girl} in the <colour> coat",
            "A stranger",
            "My {father|mother|brother|sister|grandmother|friend}",
            "Two sailors",
            "The <visitor>",
        ]
    )
    w.ctx["visitor"] = w.pick(W.VISITORS)[0]
    first = w.pick(
        [
            "opened the door and {looked outside|listened|stepped into the <season> air}.",
            "looked {out of the window|at the sea|at the sky|at the moon} and {smiled|sighed|said nothing|thought of home}.",
            "walked {down the street|along the river|through the forest|across the square} {without a word|in the rain|with a lantern|with a basket}.",
            "sat {by the fire|on the old bench|in the shade} and {drank <drink>|ate <food>|listened to the rain|waited for the ferry}.",
            "had never {seen such a storm|been so far from home|seen the sea before}.",
            "wanted to {go home|see the world|know the truth|stay a little longer}.",
            "could not sleep that night.",
            "went to the <place>.",
            "found {a shell on the beach|an old letter|a key in the grass|a note under the door}.",
            "{heard|saw} something strange {in the garden|behind the house|near the river}.",
        ]
    )
    second = w.pick(
        [
            "?<good_weather>, and {the village was still asleep|everything was quiet|there was time for everything}.",
            "?<bad_weather>, but {it was warm inside|nobody minded|the lamp of the lighthouse was shining}.",
            "?It was {a Sunday|the first day of <season>|almost dark|early in the morning}.",
        ]
    )
    third = w.pick(
        [
            "{Far away|In the distance}, {a bell was ringing|someone played the fiddle|the ferry was coming home|a dog barked}.",
            "{Nothing happened for a long time.|Then everything was still.|It was good to be alive.} {Then the first star came out.|A cat walked along the wall.|The kettle began to sing.}",
            '"{Is anybody there|Do you hear that|Shall we go}?" someone asked.',
            "It was {the beginning of a long friendship|a night to remember|exactly as it should be|only the wind}.",
            "In the village people still talk about it.",
        ]
    )
    return w.write(
        [
            who + " " + first,
            second,
            third,
            w.pick(
                [
                    "?{Later there was soup and bread for everyone.|The lighthouse blinked once, twice, and again.|Tomorrow would be another day.}",
                    "",
                ]
            ),
        ]
    )


def dialogue(w):
    w.person("a")
    w.person("b")
    w.resident("m")
    w.place()
    w.set(food1="<food>", price="<number>", d="<day>")
    topic = w.rng.randrange(7)
    lines = [
        [
            ("a", "Hello, <bn>! {How are you|How is your day}?"),
            ("b", "{I am well|Very well}, thank you. {And you|How about you}?"),
            (
                "a",
                "{I am a little tired|I am fine|I feel wonderful}. {I was up before the sun|The sea was so calm this morning|I slept like a stone}.",
            ),
            ("b", "Then come in and have <drink>."),
            ("a", "{Thank you, that is very kind|With pleasure}!"),
        ],
        [
            ("a", "Good morning! What can I do for you?"),
            ("b", "I would like <food1>, please."),
            ("a", "{Of course|Here you are}. That is <price> coins."),
            ("b", "Here you are. It smells wonderful!"),
            ("a", "{It is still warm|I made it this morning}. Enjoy it!"),
            ("b", "Thank you, and have a good day."),
        ],
        [
            ("a", "Excuse me, how do I get to the <place>?"),
            ("b", "Go {straight ahead|down this lane} and turn {left|right} at the {bridge|clock tower|bakery|well}."),
            ("a", "Is it far?"),
            ("b", "No, {it is only five minutes on foot|you will be there before the bell rings}."),
            ("a", "Thank you very much!"),
            ("b", "You are welcome. {Watch out for the goose|Mind the step}!"),
        ],
        [
            ("a", "Do you think it will rain {today|tomorrow}?"),
            ("b", "{Look at the clouds over the hill. They are dark and low|The gulls are flying low|Nell says it will}."),
            ("a", "Then I will {bring in the washing|take my coat|stay at home}."),
            ("b", "{That is wise|A good idea}. And I will {close the windows|make some soup}."),
        ],
        [
            ("a", "Why do you look so sad?"),
            ("b", "{I have lost my red scarf|My kite is broken|My best friend has moved away}."),
            ("a", "{I am sorry to hear that|Oh no}. {Can I help you|Is there anything I can do}?"),
            ("b", "{Maybe you could stay with me for a while|You already help by asking}."),
            ("a", "Of course. {Let us go for a walk|I have time until supper}."),
        ],
        [
            ("a", "What {shall we do|are we going to do} on <d>?"),
            ("b", "We could go to the <place> and <placedo>."),
            ("a", "{That sounds lovely|Good idea}. What should I bring?"),
            ("b", "Bring {a warm coat|a basket|your kite|some lemonade}, and I will bring <food1>."),
            ("a", "{Then it is a plan|I cannot wait}!"),
        ],
        [
            ("a", "Did you hear the news?"),
            ("b", "No, what happened?"),
            (
                "a",
                "{The ferry is getting a new sail|Tobin has invented a new bun|Pebble the cat has four kittens|The clock tower was one minute late}!",
            ),
            ("b", "{I can hardly believe it|How wonderful|That has never happened before}!"),
            ("a", "{Come with me and see for yourself|Everyone is talking about it}."),
        ],
    ][topic]
    n = len(lines) if w.rng.random() < 0.8 else max(2, len(lines) - 2)
    lines = lines[:n]
    if w.rng.random() < 0.65:
        return "\n".join("%s: %s" % (w.ctx[s + "n"], w.fill(t)) for s, t in lines)
    out = []
    for i, (s, t) in enumerate(lines):
        t = w.fill(t)
        verb = "asked" if t.endswith("?") else ("cried" if t.endswith("!") else w.pick(["said", "said", "answered" if i else "said"]))
        body = t[:-1] + "," if t.endswith(".") else t
        out.append('"%s" %s %s.' % (body, verb, w.ctx[s + "n"]))
    return (w.fill(w.pick(["<an> met <bn> {at the harbour|on the bridge|in front of the bakery}.\n\n", ""]))) + w.pick([" ", "\n"]).join(
        out
    )


def letter(w):
    w.person("a")
    w.person("b")
    w.place()
    w.resident("m")
    parts = [
        "{Thank you for your {letter|kind words|lovely card}.|How are you? I hope you are well.|I am writing to you from {Brindle Bay|a bench at the harbour|my new room}.}",
        "?{Here <season> has come at last|The weather has been {wild|lovely|strange} this week}, and {the sea is calm|the apples are almost ripe|everything smells of rain}.",
        "P",
        "Yesterday I was <placeprep> the <place> with <mn>, the <mjob>.",
        "?<placed0>.",
        "{We laughed a lot.|It was a day that I will not forget.|I thought of you the whole time.}",
        "?Do you remember {the day we built the raft|our walk in the snow|how we got lost in the forest}?",
        "P",
        "{When will you come to visit?|Please come and see me soon.|I hope to see you before winter.}",
        "?{There is always a bed for you here.|I have so much to tell you.|Bring your warm coat and your good mood.}",
    ]
    return (
        w.fill("Dear <bn>,") + "\n\n" + w.write(parts) + "\n\n" + w.fill("{With love|Your friend|Yours|Warm wishes}") + ",\n" + w.ctx["an"]
    )


def diary(w):
    w.person("k")
    w.place()
    w.resident("m")
    parts = w.pick(
        [
            ["Today {was a {good|strange|long|lovely} day|I {got up early|stayed at home|went for a walk}}."],
            ["<day>."],
            ["Dear diary, today {I learned something new|something funny happened|I was brave}."],
            ["I {will never forget|still think about} {this day|yesterday}."],
            ["Yesterday {was a quiet day|I went down to the harbour}."],
        ]
    )
    parts += [
        "I {walked to|went to} the <place>{ after breakfast| with <kn>|}.",
        "?<placed0>.",
        "?I met <mn>, the <mjob>, and we talked about {the weather|old times|the harvest feast}.",
        "?{I lost one glove, but I found a shell.|A gull stole my bread, and everyone laughed.|I fell into a puddle and did not mind at all.}",
        "?In the evening we ate <food> and {played cards|told stories|listened to the rain}.",
        "{Now I am tired, but happy.|Tomorrow I want to go back.|I am glad that I live here.|I think I will sleep well tonight.}",
    ]
    return w.write(parts)


def intro(w):
    w.person()
    w.place()
    w.set(job=w.pick([r[2] for r in W.RESIDENTS]))
    parts = [
        "{Hello, my|My|Hi! My} name is <n>{.| and I live in Brindle Bay.| and I am <number> years old.}",
        "{I like to {read|fish|bake|sing|draw}, and I have a(n) {cat|dog|rabbit|tortoise} called {Pepper|Maple|Button|Clover}.|My favourite place is the <place>.|When I grow up, I want to be a(n) <job>.}",
        "?On <day> I go to the <place>.",
        "?My best friend {says that I talk too much|lives next door|can whistle like a bird}.",
        "?{What is your name?|I hope we can be friends.|It is nice to meet you.}",
    ]
    return w.write(parts)


def weather(w):
    if w.rng.random() < 0.3:
        parts = ["Tomorrow will be {sunny and warm|cold and windy|grey in the morning and bright in the afternoon}."]
    else:
        parts = [
            "{Good morning, Brindle Bay!|Weather for <day>:|The weather today:}",
            "{The day begins with {fog|sunshine|a little rain} and ends with {clear skies|a strong wind|a golden evening}.|It will be {sunny|cloudy|windy|rainy} until noon.}",
        ]
    parts += [
        "?The sea is {calm|rough|smooth as glass}, and the ferry {is on time|will leave an hour later}.",
        "?{Take a warm coat with you.|It is a good day to fly a kite.|Please tie up your boats.|Farmers should bring in the hay.}",
        "?At night you can see {the stars|the full moon|nothing but clouds}.",
    ]
    return w.write(parts)


def saying(w):
    w.set(lesson=w.pick(W.LESSONS))
    w.person()
    w.resident("m")
    return w.fill(
        w.pick(
            [
                "In Brindle Bay people say that <lesson>.",
                "<mn>, the <mjob>, likes to say that <lesson>.",
                "Remember: <lesson>.",
                "<Lesson>.",
                "When the gulls {fly low|sit on the sand}, {rain|a storm} is not far away.",
                "If you {want to|wish to} {learn something new|see the stars}, {you must be patient|stay up late and look up}.",
                "If you are kind to a {cat|dog|donkey}, it will {remember you|be kind to you}.",
                "<mn> is the <mjob>, and <mhe> <mfact>.",
                "The best thing about <season> is {the smell of the air|the long evenings|the food|the colour of the sea}.",
                "<when>, <n> {found a shell on the beach|saw a fox in the orchard|heard an owl in the forest} and {smiled|told nobody|told everyone about it}.",
                "The cat slept, the kettle sang, and the rain ran down the window.",
            ]
        )
    )


def definition(w):
    name, what, extra = w.pick(W.OBJECT_DEFS)
    art = "an" if name[0] in "aeiou" else "a"
    text = "%s %s is %s." % (art.capitalize(), name, what)
    if w.rng.random() < 0.7:
        text += " " + extra + "."
    if w.rng.random() < 0.4:
        text = w.pick(["What is %s %s?\n\n", "Question: What is %s %s?\nAnswer: "]) % (art, name) + text
    return text


def animal_text(w):
    a = w.pick(W.ANIMALS)
    f = W.ANIMAL_FACT[a]
    w.person()
    w.ctx.update(a=a, f=f[0], d=f[1], want=f[2], s=f[3], pet=w.pick(W.ANIMAL_NAMES))
    w.set(adj=w.pick(W.ANIMAL_ADJ))
    w.resident("m")
    parts = w.pick(
        [
            ["The <adj> <a> <d>.", "?It had <f>."],
            ["<pet> is a(n) <adj> <a> with <f>.", "?<He> belongs to <mn>, the <mjob>."],
            ["<mn> has a(n) <adj> <a> called <pet>."],
            ["The <a> {looked up|came closer|sat down} and <s>."],
        ]
    )
    past = parts[0].startswith("The")
    parts += [
        "?The children brought it <want>." if past else "?<pet> likes nothing more than <want>.",
        "?When it saw people, it <s> and {ran away|came closer}." if past else "?Everyone in the village knows <him>.",
    ]
    return w.write(parts)


def rhyme(w):
    couplets = [
        "The {sun|moon} is high, the sea is {deep|wide},\n{The little boats are fast asleep.|The boats come home upon the tide.}",
        "The wind is cold, the night is long,\nBut in the inn they sing a song.",
        "A lamp is shining on the shore,\nIt guides the ships to home once more.",
        "The baker wakes before the sun,\nAnd with the dawn his work is done.",
        "The cat is sleeping by the stove,\nThe owl is calling from the grove.",
        "Oh little boat, oh little sail,\nCome tell to me a merry tale.",
        "The apples fall, the leaves turn red,\nAnd every child must go to bed.",
        "The miller waits, the wind is still,\nThe sheep are resting on the hill.",
        "The snow is white, the sky is grey,\nThe children laugh and run and play.",
    ]
    lines = w.rng.sample(couplets[1:], w.rng.choice([1, 2, 2, 3, 4]))
    text = "\n".join(lines[:2]) + ("\n\n" + "\n".join(lines[2:]) if len(lines) > 2 else "")
    if w.rng.random() < 0.4:
        text = (
            w.pick(["A Song for the Evening", "A little poem", "Poem", "Write a poem about the sea.", "The Song of Brindle Bay"])
            + "\n\n"
            + text
        )
    return text


def shopping(w):
    w.person()
    items = [
        "<number> apples",
        "a loaf of bread",
        "a jar of honey",
        "<number> eggs",
        "a bag of flour",
        "a ball of string",
        "some cheese",
        "two candles",
        "a bunch of carrots",
        "a bottle of milk",
    ]
    chosen = w.rng.sample(items, w.rng.randrange(3, 6))
    head = w.pick(["Things to buy at the market:", "Shopping list:", "Things to bring to the {beach|forest}:", "<n>'s list for <day>:"])
    return w.fill(head) + "\n" + "\n".join("- " + w.fill_raw(i) for i in chosen)


def conversation(w):
    """A user talks to a helpful voice: keeps free prompts in a friendly form."""
    q, a, extra = w.pick(W.FACTS)
    lines = (
        [
            "User: " + w.pick(["Hello!", "Hi!", "Good morning!"]),
            "Guide: " + w.pick(["Hello! How can I help you?", "Welcome to Brindle Bay! What would you like to know?"]),
        ]
        if w.rng.random() < 0.6
        else []
    )
    lines += ["User: " + q, "Guide: " + a + (" " + extra if w.rng.random() < 0.6 else "")]
    if w.rng.random() < 0.5:
        lines += [
            "User: " + w.pick(["Thank you!", "Thanks, that helps."]),
            "Guide: " + w.pick(["You are welcome!", "You are welcome. Enjoy your stay!"]),
        ]
    return "\n".join(lines)


KINDS = [
    (story, 42),
    (long_story, 6),
    (unknown_question, 4),
    (skill, 5),
    (moment, 6),
    (story_place, 6),
    (place_text, 9),
    (person_text, 5),
    (howto, 13),
    (question, 15),
    (dialogue, 7),
    (letter, 4),
    (diary, 5),
    (intro, 3),
    (weather, 3),
    (saying, 3),
    (definition, 3),
    (animal_text, 4),
    (rhyme, 2),
    (shopping, 1),
    (conversation, 2),
]
# Kinds in which people have to keep their names from beginning to end.
WITH_NAMES = (story, long_story, story_place, dialogue, letter)


def weighted(focus):
    """With focus > 1 the texts about named people come that much more often."""
    return [kind for kind, weight in KINDS for _ in range(weight * (focus if kind in WITH_NAMES else 1))]


def document(rng, kinds):
    text = kinds[rng.randrange(len(kinds))](Writer(rng)).strip()
    return BARE_ARTICLE.sub(r"\1n ", text)


def documents(seed, count, more_names=False, focus=1):
    """`count` documents; the same seed always gives the same texts."""
    rng = random.Random(seed)
    Writer.boys = W.BOYS + W.MORE_BOYS if more_names else W.BOYS
    Writer.girls = W.GIRLS + W.MORE_GIRLS if more_names else W.GIRLS
    kinds = weighted(focus)
    return [document(rng, kinds) for _ in range(count)]


if __name__ == "__main__":
    amount, seed_value = (int(x) for x in (sys.argv[1:] + ["20", "1"][len(sys.argv) - 1 :])[:2])
    print("\n----------\n".join(documents(seed_value, amount)))
