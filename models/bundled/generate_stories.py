# SPDX-License-Identifier: Apache-2.0
"""Generates short stories in English and Chinese from a grammar of our own: the training text of the bundled model.

story(rng) returns one story; the same seed gives the same stories. Standard library only.

A story is a start (who and where), a scene (where the hero goes), a plot with a moral that fits it, and an end. All are
templates: [a|b] stands for one of its alternatives, {name} for a word that stays the same through the story.
"""

import random
import re
import sys

EN_SHE = [
    "Lily", "Anna", "Mia", "Lucy", "Nora", "Ruby", "Ella", "Rosa", "Sara", "Emma", "Alice", "Molly", "Ivy", "Clara",
    "Jane", "Amy",
]
EN_HE = [
    "Tom", "Ben", "Sam", "Max", "Leo", "Jack", "Finn", "Oscar", "Tim", "Peter", "Henry", "Hugo", "Paul", "Billy",
    "Noah", "Dan",
]
EN_SYLLABLES = [
    "ba", "bo", "da", "do", "fi", "ka", "ko", "la", "lo", "ma", "mi", "na", "ni", "pa", "pi", "ra", "ri", "sa", "ta",
    "ti", "vi", "zo",
]
EN_NAME_ENDS = ["n", "l", "r", "s", "", "", "ck", "my", "lly", "tta"]
EN_ANIMALS = [
    "cat", "dog", "rabbit", "bear", "fox", "duck", "mouse", "owl", "frog", "hedgehog", "squirrel", "turtle", "goat",
    "pony", "sparrow", "wolf", "monkey", "deer", "hen", "beaver",
]
EN_TRAITS = ["little", "brave", "kind", "curious", "shy", "clever", "sleepy", "cheerful", "quiet", "young"]
EN_PLACES = [
    "in a small village", "near a big forest", "by the sea", "on a green hill", "in a quiet town",
    "at the edge of a lake", "in an old house", "beside a river", "in a sunny valley", "under a tall mountain",
]
EN_GOALS = [
    ("to the garden", "in the garden"), ("to the park", "in the park"), ("to the forest", "in the forest"),
    ("to the market", "at the market"), ("to the beach", "on the beach"), ("to the meadow", "in the meadow"),
    ("to the river", "by the river"), ("to the old mill", "near the old mill"),
    ("to the top of the hill", "on the hill"), ("to the lake", "at the lake"), ("to the farm", "on the farm"),
]
EN_THINGS = [
    "ball", "kite", "book", "hat", "boat", "drum", "lamp", "bell", "basket", "ring", "key", "scarf", "cup", "whistle",
    "bag",
]
EN_COLORS = ["red", "blue", "green", "yellow", "white", "golden", "purple", "orange", "silver"]
EN_WEATHER = [
    "The sun was shining.", "The wind was cold.", "It was a warm day.", "Snow was falling.",
    "The sky was full of clouds.", "It was raining a little.", "The air smelled of flowers.", "Birds were singing.",
    "It was a foggy day.",
]
EN_FOODS = [
    ("apples", "them"), ("bread", "it"), ("raisins", "them"), ("berries", "them"), ("cookies", "them"),
    ("nuts", "them"), ("cherries", "them"), ("pancakes", "them"), ("honey", "it"), ("carrots", "them"),
    ("cheese", "it"), ("plums", "them"),
]

EN_STARTS = [
    "Once upon a time, there was {intro} who lived {place}.",
    "Once upon a time, there was {intro}.",
    "Once upon a time, {intro} lived {place}.",
    "Once there lived {intro} {place}.",
    "Once there was {intro}. {He} lived {place}.",
    "Long ago, {intro} lived {place}.",
    "A long time ago, there was {intro}.",
    "There was once {intro}. Everybody liked {name}.",
    "{Place}, there lived {intro}.",
    "{name} was {a_trait} {kind}. {He} lived {place}.",
    "{name} was {a_trait} {kind} who loved [the sea|the forest|music|stories|flowers|games].",
    "{name} lived {place} with {his} {parent}. {He} was {a_trait} {kind}.",
    "{name} and {friend} were [good|best] friends. They lived {place}. {name} was {a_trait} {kind}.",
    "The {trait} {kind} {name} lived {place}.",
    "{Intro} lived {place}.",
    "This is the story of {intro}. {He} lived {place}.",
    "I want to tell you about {intro}.",
]
EN_SCENES = [
    "{day}, {name} went {to}.",
    "{weather} {name} walked {to}.",
    "{name} liked to play {at}. [One day|One morning], {he} went there [again|alone|very early].",
    '{day}, {name} wanted to go {to}. "Be home before dark," said {his} {parent}. So {name} set off.',
    "Every Sunday, {name} went {to}.",
    '{day}, {his} {parent} said, "{name}, please go {to}." So {name} went there.',
    "{weather} {name} was {at}.",
    "{day}, {name} was playing {at}.",
]
EN_BOTH = [  # a start and a scene in one
    "{day}, {intro} went {to}.",
    "{weather} {Intro} walked {to}.",
    "{weather} {Intro} was sitting {at}.",
    "{day}, {intro} was walking {to}. {weather}",
    "{Intro} went {to} every day. {weather}",
]

EN_PLOTS = [
    ("There {he} lost {his} {color} {thing}. {name} was very {sad}. {He} looked [under the trees|behind the "
     'stones|everywhere]. Then {an_animal} came by and asked, "What are you looking for?" "My {thing}," {name} '
     "answered. The {animal} helped {him}, and soon they found the {thing} [in the tall grass|near the water|under a "
     "bench|behind a bush]. {name} was {glad} and thanked the {animal}.",
     "[Helping others makes us happy.|A friend in need is a friend indeed.]"),
    ('There {he} met a [hungry|tired|cold] {animal}. {name} had some {food} in {his} bag. "You can have half of '
     '{them}," {name} said. The {animal} ate and smiled. From that day on, {name} and the {animal} were good friends '
     "and played together every day.",
     "It is good to share."),
    ('Suddenly a storm came. The wind was strong and {name} was afraid. {He} saw {an_animal} under a tree. "Come '
     'with me," said the {animal}. "My home is warm and dry." They sat by the fire and ate {food}. When the storm '
     "was over, the {animal} showed {name} the way home. {name} was {glad}.",
     "[A good friend is like a warm house.|Kind words cost nothing.]"),
    ("There {he} met {his} friend {friend}. They wanted to [build a boat|make a kite|plant a tree|build a little "
     "house|make a big snowman]. It was hard, and at first it did not work. {friend} wanted to stop, but {name} "
     'said, "Let us try again." They tried once more, and this time it worked. Both of them were {glad}.',
     "[Never give up too soon.|Together we can do more.]"),
    ("There {he} found {a_color} {thing}. It was very beautiful, and {name} wanted to keep it. But then {he} saw "
     '{friend}, who was crying. "I lost my {thing}," {friend} said. {name} gave the {thing} back. {friend} smiled '
     'and said, "Thank you, {name}!" {name} felt {glad}.',
     "It is good to [be honest|give back what is not ours]."),
    ("{name} broke {his} {parent}'s {color} {thing} there. {He} was {sad} and wanted to hide it. But {he} told the "
     'truth and said, "I am sorry." Nobody was angry. Together they mended the {thing}, and then they ate {food}.',
     "[It is good to tell the truth.|It is brave to say sorry.]"),
    ("{name} planted a small seed there. Every day {he} gave it water. For many days nothing happened, and {name} "
     "was {sad}. But one morning a green leaf came out of the ground. In summer there was a {color} flower. {name} "
     "was {glad} and showed it to {friend}.",
     "[Good things take time.|Small steps can go a long way.]"),
    ("There {he} met {an_animal} and they ran a race. The {animal} ran very fast, but then it stopped to [sleep|eat "
     "some {food}|look at the clouds]. {name} went on and on and did not stop. At the end {name} won the race. The "
     '{animal} laughed and said, "Well done!"',
     "Small steps can go a long way."),
    ("{name} came to a wide stream, but there was no bridge. {He} did not know what to do. {An_animal} was sitting "
     'on the other side. "Step on the big stones," said the {animal}. {name} went slowly from stone to stone. At '
     'last {he} was on the other side. "Thank you!" said {name}.',
     "[Small steps can go a long way.|Good advice is worth more than gold.]"),
    ('{An_animal} was singing there. {name} wanted to sing too, but {he} was too shy. "Sing with me," said the '
     "{animal}. {name} began to sing, first very quietly and then louder and louder. [Everybody clapped.|Even the "
     "birds listened.] {name} was {glad}.",
     "You can do more than you think."),
    ("It was {friend}'s birthday, and {name} had no gift. {name} thought for a long time. Then {he} made {a_color} "
     '{thing} with {his} own hands. "This is the best gift of all," said {friend}. They ate {food} and danced until '
     "the evening.",
     "The best gifts come from the heart."),
    ('There {he} saw a small {animal}. It was crying. "I cannot find my mother," said the {animal}. "Do not cry," '
     'said {name}. "I will help you." They walked and walked, and at last they saw the mother [behind a big '
     "tree|near a white house|on the other side of the road]. She hugged her child and thanked {name}.",
     "Helping others makes us happy."),
    ("Suddenly there was a strange noise. {name} was afraid and hid behind a tree. The noise came nearer and nearer. "
     'But it was only {an_animal} [with a big drum|who was eating {food}|who was looking for a friend]. "Do not be '
     'afraid," said the {animal}. {name} laughed, and they played together.',
     "Many things are not as bad as they seem."),
    ('{friend} was there too. Both of them wanted to play with the same {color} {thing}. "It is mine," said {name}. '
     '"No, it is mine," said {friend}. They were angry and did not speak. Then {name} said, "You can have it first." '
     "So they took turns, and both of them were {glad}.",
     "It is good to share."),
    ('{name} wanted to learn how to [swim|dance|draw|read|ride a bicycle]. It was not easy. An old {animal} said, "I '
     'will teach you." They practised every day. After a week {name} could do it all alone. The old {animal} was '
     "very proud of {name}.",
     "[Never give up too soon.|Everybody can learn something new.]"),
    ("There {he} saw {an_animal}. Its foot was caught between two stones. {name} pulled and pulled until the "
     "{animal} was free. A few days later, {name} lost {his} way in the dark. The {animal} came and showed {him} the "
     "way home.",
     "Kindness comes back to you."),
    ("There {he} met {friend}. The two friends played hide and seek. {name} counted to ten. {He} looked behind the "
     "trees and under the bench, but {he} could not find {friend}. Then {name} heard a laugh. {friend} was sitting "
     "[up in a tree|in a big basket|behind the door]! They both laughed for a long time.",
     "It is good to have a friend."),
    ("There was a lot of rubbish on the ground. {name} was {sad}. {He} took a big bag and began to clean. "
     "{An_animal} saw it and helped {him}. In the evening everything was clean. They sat down and ate {food}.",
     "[Together we can do more.|Even small hands can do great things.]"),
    ('There {he} met {an_animal} who was very sad. "Why are you sad?" asked {name}. "Nobody plays with me," said the '
     "{animal}. \"I will play with you,\" said {name}. They played with {name}'s {color} {thing} all day, and the "
     "{animal} was not sad any more.",
     "A kind word can change a day."),
    ('{name} wanted to count the stars, so {he} stayed there until night. {An_animal} sat down beside {him}. "One, '
     'two, three," counted {name}. There were too many stars, and soon they were both asleep. In the morning {his} '
     "{parent} found them and laughed.",
     "The world is big and beautiful."),
]
EN_ENDS = [
    "In the evening {name} went home and slept well.", "{moral}", "{name} learned something that day. {moral}",
    "They lived happily ever after.", "That night {name} had a good dream.", "And {name} never forgot that day.",
    "{name} told {his} {parent} about it. {moral}", "It was a good day for {name}.",
    "Then {name} went home, tired but happy.",
]

ZH_NAMES = [
    "小明", "小红", "丽丽", "小刚", "天天", "小雨", "明明", "小华", "乐乐", "小梅", "阿宝", "小杰", "冬冬", "小兰",
    "豆豆", "小雪", "阿福", "小军", "芳芳", "小美", "强强", "小玲", "圆圆", "小林", "阿力", "小云", "亮亮", "小文",
    "贝贝", "小星", "阿青", "小月",
]
ZH_NAME_SIGNS = "安宁春秋石竹松风江河山田金玉光东南北平方元思新海"
ZH_ANIMALS = [
    "小猫", "小狗", "小兔", "小熊", "狐狸", "小鸭", "老鼠", "猫头鹰", "青蛙", "刺猬", "松鼠", "乌龟", "山羊", "小鸡",
    "麻雀", "小狼", "猴子", "小鹿", "小羊", "喜鹊",
]
ZH_TRAITS = ["勇敢的", "善良的", "好奇的", "害羞的", "聪明的", "爱睡觉的", "快乐的", "安静的", "年轻的", "可爱的"]
ZH_PLACES = [
    "在一个小村子里", "在大森林旁边", "在海边", "在绿色的山坡上", "在一座安静的小城里", "在湖边", "在一间老房子里",
    "在小河旁", "在阳光照耀的山谷里", "在高山脚下",
]
ZH_GOALS = [
    ("花园", "花园里"), ("公园", "公园里"), ("森林", "森林里"), ("集市", "集市上"), ("海边", "海边"),
    ("草地", "草地上"), ("河边", "河边"), ("学校", "学校里"), ("山上", "山上"), ("湖边", "湖边"), ("农场", "农场里"),
]
ZH_THINGS = [
    ("个", "皮球"), ("只", "风筝"), ("本", "书"), ("顶", "帽子"), ("条", "小船"), ("面", "鼓"), ("盏", "灯"),
    ("个", "铃铛"), ("个", "篮子"), ("枚", "戒指"), ("把", "钥匙"), ("条", "围巾"), ("个", "杯子"), ("把", "雨伞"),
    ("个", "书包"),
]
ZH_COLORS = ["红色", "蓝色", "绿色", "黄色", "白色", "金色", "紫色", "橙色", "银色"]
ZH_WEATHER = [
    "太阳照着大地。", "风很冷。", "天气很暖和。", "天上下着雪。", "天空布满了云。", "外面下着小雨。",
    "空气里有花的香味。", "鸟儿在唱歌。", "到处都是雾。",
]
ZH_FOODS = ["苹果", "面包", "饺子", "草莓", "饼干", "坚果", "樱桃", "煎饼", "蜂蜜", "胡萝卜", "桃子", "西瓜"]
ZH_PARENTS = ["妈妈", "爸爸", "奶奶", "爷爷", "哥哥", "姐姐"]

ZH_STARTS = [
    "从前，有一{intro}，名叫{name}，住{place}。",
    "从前，有一{intro}，名叫{name}。",
    "很久以前，{place}住着一{intro}，名叫{name}。",
    "很久很久以前，有一{intro}，名字叫{name}。",
    "{place}，有一{intro}，大家都叫{he}{name}。",
    "{place}住着一{intro}，{he}的名字叫{name}。",
    "{name}是一{intro}，{he}住{place}。",
    "{name}是一{intro}，{he}最喜欢[唱歌|听故事|看花|做游戏|画画]。",
    "{name}和{his}{parent}一起住{place}。{name}是一{intro}。",
    "{name}和{friend}是好朋友，他们住{place}。{name}是一{intro}。",
    "一{intro}住{place}，{he}叫{name}。",
    "这是一个关于{name}的故事。{name}是一{intro}，住{place}。",
    "我想给你讲讲{name}的故事。{name}是一{intro}。",
]
ZH_SCENES = [
    "{day}，{name}来到{to}。",
    "{day}，{name}走到{to}。{weather}",
    "{name}喜欢去{to}玩。{weather}",
    "{weather}{name}一个人去了{to}。",
    "{day}，{name}想去{to}玩。{parent}说：“天黑以前要回家。”{name}高高兴兴地出发了。",
    "每个星期天，{name}都去{to}。",
    "{day}，{parent}说：“{name}，你去一趟{to}吧。”于是{name}去了{to}。",
    "{day}，{name}正在{at}玩。",
]
ZH_BOTH = [
    "{day}，一{intro}来到{to}，{he}叫{name}。",
    "{weather}一{intro}走在路上，{he}叫{name}。{name}要去{to}。",
    "{weather}{at}坐着一{intro}，{he}叫{name}。",
    "{day}，{name}来到{to}。{name}是一{intro}。{weather}",
    "{at}有一{intro}，名叫{name}。{weather}",
]

ZH_PLOTS = [
    ("在那里，{he}丢了一{measure}{color}的{thing}。{name}{sad}，到处找也找不到。这时，一只{animal}走过来问：“你在找什"
     "么？”“我在找我的{thing}。”{name}说。{animal}帮{he}一起找，不久他们[在草丛里|在水边|在椅子下面|在树后面]找到了"
     "{thing}。{name}{glad}，连忙谢谢{animal}。",
     "帮助别人，自己也会快乐。"),
    ("在那里，{he}遇见了一只[很饿|很累|很冷]的{animal}。{name}的包里有一些{food}。“我分一半给你吧。”{name}说。"
     "{animal}吃完以后笑了。从那天起，{name}和{animal}成了好朋友，每天一起玩。",
     "分享是一件快乐的事。"),
    ("忽然，暴风雨来了。风很大，{name}很害怕。{he}看见一只{animal}躲在树下。“跟我来吧，”{animal}说，“我的家又暖和又干"
     "燥。”他们坐在火边，吃着{food}。雨停以后，{animal}送{name}回家。{name}{glad}。",
     "[一句好话能温暖人心。|好朋友就像温暖的家。]"),
    ("在那里，{he}遇见了朋友{friend}。他们想一起[造一条小船|做一只风筝|种一棵树|盖一间小房子|堆一个大雪人]。这件事很"
     "难，一开始没有成功。{friend}想放弃，但是{name}说：“我们再试一次吧。”他们又试了一次，这次成功了。两个人都{glad}"
     "。",
     "[不要太早放弃。|人多力量大。]"),
    ("在那里，{he}捡到了一{measure}{color}的{thing}，非常漂亮。{name}很想留下它，可是{he}看见{friend}在哭。“我的"
     "{thing}不见了。”{friend}说。{name}把{thing}还给了{friend}。{friend}笑着说：“谢谢你，{name}！”{name}{glad}。",
     "诚实的孩子最可爱。"),
    ("{name}不小心弄坏了{parent}的{color}{thing}。{he}{sad}，想把它藏起来。可是最后{he}说了真话：“对不起。”大家都没有"
     "生气，一起把{thing}修好了，然后一起吃{food}。",
     "[说真话的孩子最可爱。|说对不起是勇敢的。]"),
    ("{name}在那里种下了一颗小小的种子，每天给它浇水。过了很多天，什么也没有长出来，{name}{sad}。可是一天早上，地里冒"
     "出了一片绿叶。到了夏天，开出了一朵{color}的花。{name}{glad}，带{friend}来看花。",
     "[好事需要时间。|一步一步走，就能走得很远。]"),
    ("在那里，{he}遇见了一只{animal}，他们一起赛跑。{animal}跑得很快，可是半路上停下来[睡觉|吃{food}|看天上的云]。"
     "{name}一直往前跑，没有停下。最后，{name}赢了。{animal}笑着说：“你真棒！”",
     "一步一步走，就能走得很远。"),
    ("{name}走到一条宽宽的小溪边，可是那里没有桥。{he}不知道怎么办。一只{animal}坐在对面，说：“踩着大石头走过来吧。”"
     "{name}慢慢地走，从一块石头走到另一块石头，终于到了对面。“谢谢你！”{name}说。",
     "[一步一步走，就能走得很远。|好主意比金子更珍贵。]"),
    ("那里有一只{animal}在唱歌。{name}也想唱，可是{he}太害羞了。“和我一起唱吧。”{animal}说。{name}唱了起来，开始声音"
     "很小，后来越来越大。[大家都鼓起掌来。|连鸟儿也在听。]{name}{glad}。",
     "你比自己想的更能干。"),
    ("那天是{friend}的生日，可是{name}没有礼物。{name}想了很久，然后亲手做了一{measure}{color}的{thing}。“这是最好的"
     "礼物。”{friend}说。他们一起吃{food}，一直玩到晚上。",
     "用心做的礼物最珍贵。"),
    ("在那里，{he}看见一只迷路的{animal}在哭。“我找不到妈妈了。”{animal}说。“别哭，”{name}说，“我来帮你。”他们走啊走"
     "，终于[在一棵大树后面|在一座白房子旁边|在路的另一边]找到了{animal}的妈妈。妈妈抱住孩子，谢谢{name}。",
     "帮助别人，自己也会快乐。"),
    ("忽然，传来一阵奇怪的声音。{name}很害怕，躲到了树后面。声音越来越近。原来只是一只{animal}[在敲鼓|在吃{food}|在找"
     "朋友]。“别怕。”{animal}说。{name}笑了，和{animal}一起玩了起来。",
     "很多事情没有看起来那么可怕。"),
    ("{friend}也在那里。两个人都想玩同一{measure}{color}的{thing}。“这是我的。”{name}说。“不，这是我的。”{friend}说。"
     "他们很生气，谁也不理谁。后来{name}说：“你先玩吧。”于是他们轮流玩，两个人都{glad}。",
     "分享是一件快乐的事。"),
    ("{name}想学[游泳|跳舞|画画|认字|骑车]，可是这不容易。一只老{animal}说：“我来教你。”他们每天练习。过了一个星期，"
     "{name}自己就会了。老{animal}为{name}感到骄傲。",
     "[不要太早放弃。|谁都能学会新的本领。]"),
    ("在那里，{he}看见一只{animal}，它的脚夹在两块石头中间。{name}用力拉，终于把{animal}救了出来。几天以后，{name}在"
     "黑夜里迷了路。{animal}跑来了，带着{name}回到了家。",
     "善良的人会得到帮助。"),
    ("在那里，{he}遇见了{friend}，两个朋友玩捉迷藏。{name}从一数到十，然后开始找。{he}找了树后面，也找了椅子下面，可"
     "是都没有{friend}。忽然，{name}听见了笑声。原来{friend}[坐在树上|躲在大篮子里|站在门后面]！他们笑了很久。",
     "有朋友真好。"),
    ("那里的地上有很多垃圾，{name}{sad}。{he}拿来一个大袋子，开始打扫。一只{animal}看见了，也来帮忙。到了傍晚，一切都"
     "干干净净。他们坐下来，一起吃{food}。",
     "[人多力量大。|小小的手也能做大事。]"),
    ("在那里，{he}遇见了一只难过的{animal}。“你为什么难过？”{name}问。“没有人和我玩。”{animal}说。“我和你玩吧。”"
     "{name}说。他们一起玩{name}的{color}{thing}，玩了一整天，{animal}不再难过了。",
     "一句好话能温暖人心。"),
    ("{name}想数星星，所以在那里一直等到晚上。一只{animal}坐到{he}身边。“一颗，两颗，三颗……”{name}数着。星星太多了，"
     "不久他们都睡着了。第二天早上，{parent}找到了他们，笑了起来。",
     "世界又大又美。"),
]
ZH_ENDS = [
    "晚上，{name}回到家，睡得很香。", "{moral}", "那一天，{name}明白了一个道理：{moral}",
    "从此，他们过着幸福的生活。", "那天夜里，{name}做了一个好梦。", "{name}永远也忘不了那一天。",
    "{name}把这件事告诉了{parent}。{moral}", "对{name}来说，这是美好的一天。", "然后，{name}高高兴兴地回家了。",
]

CHOICE = re.compile(r"\[([^\[\]]*)\]")


def article(word: str) -> str:
    return ("an " if word[0] in "aeiou" else "a ") + word


def capital(text: str) -> str:
    return text[0].upper() + text[1:]


def other(rng: random.Random, words: list[str], taken: str) -> str:
    return rng.choice([w for w in words if w != taken])


def invented_english(rng: random.Random) -> str:
    """Names that no list holds teach the model to copy instead of to remember."""
    return capital(rng.choice(EN_SYLLABLES) + rng.choice(EN_SYLLABLES) + rng.choice(EN_NAME_ENDS))


def invented_chinese(rng: random.Random) -> str:
    sign = rng.choice(ZH_NAME_SIGNS)
    return rng.choice(["小" + sign, "阿" + sign, sign + sign, sign + rng.choice(ZH_NAME_SIGNS)])


def english_words(r: random.Random) -> dict[str, str]:
    she, human = r.random() < 0.5, r.random() < 0.55
    name = invented_english(r) if r.random() < 0.15 else r.choice(EN_SHE if she else EN_HE)
    he, his, him = ("she", "her", "her") if she else ("he", "his", "him")
    kind = ("girl" if she else "boy") if human else r.choice(EN_ANIMALS)
    trait, animal, color = r.choice(EN_TRAITS), other(r, EN_ANIMALS, kind), r.choice(EN_COLORS)
    intro = f"{article(trait)} {kind} [named|called] {name}"
    (to, at), (food, them) = r.choice(EN_GOALS), r.choice(EN_FOODS)
    place = r.choice(EN_PLACES)
    return {
        "name": name, "he": he, "He": capital(he), "his": his, "him": him, "kind": kind, "trait": trait, "a_trait": article(trait),
        "intro": intro, "Intro": capital(intro), "friend": other(r, EN_SHE + EN_HE, name), "animal": animal, "an_animal": article(animal),
        "An_animal": capital(article(animal)), "color": color, "a_color": article(color), "thing": r.choice(EN_THINGS), "to": to, "at": at,
        "food": food, "them": them, "place": place, "Place": capital(place), "weather": r.choice(EN_WEATHER),
        "parent": r.choice(["mother", "father", "grandmother", "grandfather", "brother", "sister"]),
        "sad": r.choice(["sad", "worried", "upset", "unhappy"]), "glad": r.choice(["happy", "glad", "proud", "full of joy"]),
        "day": r.choice(["One day", "One morning", "One afternoon", "One Sunday", "One evening"]),
    }


def chinese_words(r: random.Random) -> dict[str, str]:
    she, human = r.random() < 0.5, r.random() < 0.55
    name = invented_chinese(r) if r.random() < 0.15 else r.choice(ZH_NAMES)
    kind = ("小女孩" if she else "小男孩") if human else r.choice(ZH_ANIMALS)
    he = ("她" if she else "他") if human else "它"
    (measure, thing), (to, at) = r.choice(ZH_THINGS), r.choice(ZH_GOALS)
    return {
        "name": name, "he": he, "his": he + "的", "intro": ("个" if human else "只") + r.choice(ZH_TRAITS) + kind,
        "friend": other(r, ZH_NAMES, name), "animal": other(r, ZH_ANIMALS, kind), "color": r.choice(ZH_COLORS), "measure": measure, "thing": thing,
        "to": to, "at": at, "food": r.choice(ZH_FOODS), "place": r.choice(ZH_PLACES), "weather": r.choice(ZH_WEATHER), "parent": r.choice(ZH_PARENTS),
        "sad": r.choice(["很难过", "很着急", "非常伤心", "很担心"]), "glad": r.choice(["很高兴", "非常开心", "十分快乐", "高兴极了"]),
        "day": r.choice(["有一天", "一天早上", "一天下午", "一个星期天", "一天傍晚"]),
    }


def fill(rng: random.Random, template: str, words: dict[str, str]) -> str:
    return CHOICE.sub(lambda m: rng.choice(m[1].split("|")), template.format_map(words))


def opening(rng: random.Random, starts: list[str], scenes: list[str], both: list[str], space: str) -> str:
    if rng.random() < 0.25:
        return rng.choice(both)
    return rng.choice(starts) + space + rng.choice(scenes)


def story(rng: random.Random) -> str:
    if rng.random() < 0.55:
        words, space = english_words(rng), " "
        first = opening(rng, EN_STARTS, EN_SCENES, EN_BOTH, space)
        (plot, moral), end = rng.choice(EN_PLOTS), rng.choice(EN_ENDS)
    else:
        words, space = chinese_words(rng), ""
        first = opening(rng, ZH_STARTS, ZH_SCENES, ZH_BOTH, space)
        (plot, moral), end = rng.choice(ZH_PLOTS), rng.choice(ZH_ENDS)
    return fill(rng, space.join([first, plot, end.replace("{moral}", moral)]), words)


ZH_WORDS = sorted({*ZH_NAMES, *ZH_ANIMALS, *ZH_COLORS, *ZH_FOODS, *ZH_PARENTS, *(thing for _, thing in ZH_THINGS)}, key=len, reverse=True)
ZH_SPLIT = re.compile("(" + "|".join(ZH_WORDS) + ")")


def pieces(text: str) -> list[str]:
    """The text cut around Chinese names and nouns, so that the tokens learnt from it do not glue a name to its verb."""
    return [piece for piece in ZH_SPLIT.split(text) if piece]


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    generator = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    for _ in range(count):
        print(story(generator))
