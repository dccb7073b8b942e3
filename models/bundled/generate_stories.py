# SPDX-License-Identifier: Apache-2.0
"""Generates short stories in English and Chinese from a grammar of our own: the training text of the bundled model.

story(rng) returns one story; the same seed gives the same stories. Standard library only.
"""

import random
import sys

EN_NAMES = ["Lily", "Tom", "Anna", "Ben", "Mia", "Sam", "Lucy", "Max", "Nora", "Leo", "Ruby", "Jack", "Ella", "Finn", "Rosa", "Oscar"]
EN_SHE = {"Lily", "Anna", "Mia", "Lucy", "Nora", "Ruby", "Ella", "Rosa"}
EN_ANIMALS = ["cat", "dog", "rabbit", "bear", "fox", "duck", "mouse", "owl", "frog", "hedgehog", "squirrel", "turtle", "goat", "pony", "sparrow"]
EN_TRAITS = ["little", "brave", "kind", "curious", "shy", "clever", "sleepy", "cheerful", "quiet", "young"]
EN_PLACES = ["in a small village", "near a big forest", "by the sea", "on a green hill", "in a quiet town", "at the edge of a lake",
             "in an old house", "beside a river", "in a sunny valley", "under a tall mountain"]
EN_GOALS = ["garden", "park", "forest", "market", "beach", "meadow", "river", "school", "hill", "library"]
EN_THINGS = ["ball", "kite", "book", "hat", "boat", "drum", "lamp", "bell", "basket", "flower", "key", "scarf", "cup", "stone", "cake"]
EN_COLORS = ["red", "blue", "green", "yellow", "white", "golden", "purple", "orange", "silver"]
EN_WEATHER = ["The sun was shining.", "The wind was cold.", "It was a warm morning.", "Snow was falling.", "The sky was full of clouds.",
              "It was raining a little.", "The air smelled of flowers.", "Birds were singing."]
EN_FOODS = ["apples", "bread", "soup", "berries", "cookies", "nuts", "cherries", "pancakes", "honey", "carrots"]
EN_MORALS = ["It is good to share.", "A friend is better than gold.", "It is good to tell the truth.", "Small steps can go a long way.",
             "It is brave to say sorry.", "Kind words cost nothing.", "Never give up too soon.", "Helping others makes us happy."]

ZH_NAMES = ["小明", "小红", "丽丽", "小刚", "天天", "小雨", "明明", "小华", "乐乐", "小梅", "阿宝", "小杰", "冬冬", "小兰", "豆豆", "小雪"]
ZH_ANIMALS = ["小猫", "小狗", "小兔", "小熊", "狐狸", "小鸭", "老鼠", "猫头鹰", "青蛙", "刺猬", "松鼠", "乌龟", "山羊", "小马", "麻雀"]
ZH_TRAITS = ["勇敢的", "善良的", "好奇的", "害羞的", "聪明的", "爱睡觉的", "快乐的", "安静的", "年轻的", "可爱的"]
ZH_PLACES = ["在一个小村子里", "在大森林旁边", "在海边", "在绿色的山坡上", "在一座安静的小城里", "在湖边", "在一间老房子里", "在小河旁", "在阳光照耀的山谷里", "在高山脚下"]
ZH_GOALS = ["花园", "公园", "森林", "集市", "海边", "草地", "河边", "学校", "山上", "图书馆"]
ZH_THINGS = [("个", "球"), ("只", "风筝"), ("本", "书"), ("顶", "帽子"), ("条", "小船"), ("面", "鼓"), ("盏", "灯"), ("个", "铃铛"), ("个", "篮子"),
             ("朵", "花"), ("把", "钥匙"), ("条", "围巾"), ("个", "杯子"), ("块", "石头"), ("块", "蛋糕")]
ZH_COLORS = ["红色", "蓝色", "绿色", "黄色", "白色", "金色", "紫色", "橙色", "银色"]
ZH_WEATHER = ["太阳照着大地。", "风很冷。", "那是一个温暖的早晨。", "天上下着雪。", "天空布满了云。", "外面下着小雨。", "空气里有花的香味。", "鸟儿在唱歌。"]
ZH_FOODS = ["苹果", "面包", "热汤", "草莓", "饼干", "坚果", "樱桃", "煎饼", "蜂蜜", "胡萝卜"]
ZH_MORALS = ["分享是一件快乐的事。", "朋友比金子更珍贵。", "说真话的孩子最可爱。", "一步一步走，就能走得很远。", "说对不起是勇敢的。", "一句好话能温暖人心。",
             "不要太早放弃。", "帮助别人，自己也会快乐。"]


def article(word: str) -> str:
    return ("an " if word[0] in "aeiou" else "a ") + word


class English:
    def __init__(self, rng: random.Random) -> None:
        self.r = rng
        self.human = rng.random() < 0.55
        trait = rng.choice(EN_TRAITS)
        self.name = rng.choice(EN_NAMES)
        she = self.name in EN_SHE
        self.he, self.his, self.him = ("she", "her", "her") if she else ("he", "his", "him")
        self.kind = ("girl" if she else "boy") if self.human else rng.choice(EN_ANIMALS)
        self.intro = f"{article(trait + ' ' + self.kind)} named {self.name}"
        self.animal = rng.choice([a for a in EN_ANIMALS if a != self.kind])
        self.friend = rng.choice([n for n in EN_NAMES if n != self.name])
        self.color, self.thing = rng.choice(EN_COLORS), rng.choice(EN_THINGS)
        self.goal, self.place = rng.choice(EN_GOALS), rng.choice(EN_PLACES)
        self.food, self.weather, self.moral = rng.choice(EN_FOODS), rng.choice(EN_WEATHER), rng.choice(EN_MORALS)

    def opening(self) -> str:
        r = self.r
        start = r.choice(["Once upon a time, there was {i} who lived {p}.", "Once upon a time, there was {i}.", "Once there lived {i} {p}.",
                          "Long ago, {i} lived {p}.", "There was once {i}. {H} lived {p}."])
        day = r.choice(["One day", "One morning", "One afternoon", "On a fine day", "One evening"])
        middle = r.choice([f"{day}, {self.name} went to the {self.goal}.", f"{self.weather} {day}, {self.name} walked to the {self.goal}.",
                           f"{self.name} liked to play in the {self.goal}. {self.weather}", f"{day}, {self.name} wanted to go to the {self.goal}."
                           if self.goal != "school" else f"{day}, {self.name} walked home from school."])
        return start.format(i=self.intro, p=self.place, H=self.he.capitalize()) + " " + middle

    def plot(self) -> str:
        n, he, his, him, f, a, c, t = self.name, self.he, self.his, self.him, self.friend, self.animal, self.color, self.thing
        H, r = he.capitalize(), self.r
        ask = r.choice(["asked", "said", "called"])
        sad = r.choice(["sad", "worried", "upset", "unhappy"])
        glad = r.choice(["happy", "glad", "proud", "full of joy"])
        plots = [
            lambda: f"There {he} lost {his} {c} {t}. {n} was very {sad}. {H} looked under the trees and behind the stones. "
                    f'Then {article(a)} came by and {ask}, "What are you looking for?" "My {t}," {n} answered. '
                    f"The {a} helped {him}, and soon they found the {t} {r.choice(['in the tall grass', 'near the water', 'under a bench', 'behind a bush'])}. "
                    f"{n} was {glad} and thanked the {a}.",
            lambda: f"There {he} met {article(r.choice(['hungry', 'tired', 'cold']) + ' ' + a)}. {n} had some {self.food} in {his} bag. "
                    f'"You can have half of them," {n} said. ' .replace("them", "it" if self.food in ("bread", "soup", "honey") else "them") +
                    f"The {a} ate and smiled. From that day on, {n} and the {a} were good friends and played together every day.",
            lambda: f"Suddenly a storm came. The wind was strong and {n} was afraid. {H} saw {article(a)} under a tree. "
                    f'"Come with me," {ask} the {a}. "My home is warm and dry." They sat by the fire and ate {self.food}. '
                    f"When the storm was over, the {a} showed {n} the way home. {n} was {glad}.",
            lambda: f"{n} and {his} friend {f} wanted to {r.choice(['build a boat', 'make a kite', 'plant a tree', 'bake a cake', 'climb the hill'])}. "
                    f"It was hard, and at first it did not work. {f} wanted to stop, but {n} said, \"Let us try again.\" "
                    f"They tried once more, and this time it worked. Both of them were {glad}.",
            lambda: f"There {he} found {article(c + ' ' + t)}. It was very beautiful, and {n} wanted to keep it. "
                    f"But then {he} saw {f}, who was crying. \"I lost my {t},\" {f} said. {n} gave the {t} back. "
                    f"{f} smiled and said, \"Thank you, {n}!\" {n} felt {glad}.",
            lambda: f"{n} broke {his} {r.choice(['mother', 'father', 'grandmother', 'brother', 'sister'])}'s {c} {t}. {H} was {sad} and wanted to hide it. "
                    f"But {he} told the truth and said, \"I am sorry.\" Nobody was angry. Together they mended the {t}, and then they ate {self.food}.",
            lambda: f"{n} planted a small seed there. Every day {he} gave it water. For many days nothing happened, and {n} was {sad}. "
                    f"But one morning a green leaf came out of the ground. In summer there was a {c} flower. {n} was {glad} and showed it to {f}.",
            lambda: f"{H} wanted to race with {article(a)}. The {a} ran very fast, but then it stopped to {r.choice(['sleep', 'eat some ' + self.food, 'look at the clouds'])}. "
                    f"{n} went on and on and did not stop. At the end {n} won the race. The {a} laughed and said, \"Well done!\"",
        ]
        return r.choice(plots)()

    def ending(self) -> str:
        return self.r.choice([f"In the evening {self.name} went home and slept well.", f"{self.moral}", f"{self.name} learned something that day. {self.moral}",
                              "They lived happily ever after.", f"That night {self.name} had a good dream.", f"And {self.name} never forgot that day.",
                              f"{self.name} told {self.his} family about it. {self.moral}"])

    def story(self) -> str:
        return f"{self.opening()} {self.plot()} {self.ending()}"


class Chinese:
    def __init__(self, rng: random.Random) -> None:
        self.r = rng
        self.name = rng.choice(ZH_NAMES)
        self.human = rng.random() < 0.55
        self.she = rng.random() < 0.5
        self.he = "她" if self.she else "他"
        if not self.human:
            self.he = "它"
        self.kind = ("小女孩" if self.she else "小男孩") if self.human else rng.choice(ZH_ANIMALS)
        self.intro = f"{'个' if self.human else '只'}{rng.choice(ZH_TRAITS)}{self.kind}"
        self.animal = rng.choice([a for a in ZH_ANIMALS if a != self.kind])
        self.friend = rng.choice([n for n in ZH_NAMES if n != self.name])
        self.color = rng.choice(ZH_COLORS)
        self.measure, self.thing = rng.choice(ZH_THINGS)
        self.goal, self.place = rng.choice(ZH_GOALS), rng.choice(ZH_PLACES)
        self.food, self.weather, self.moral = rng.choice(ZH_FOODS), rng.choice(ZH_WEATHER), rng.choice(ZH_MORALS)

    def opening(self) -> str:
        start = self.r.choice([f"从前，有一{self.intro}，名叫{self.name}，住{self.place}。", f"从前，有一{self.intro}，名叫{self.name}。",
                               f"很久以前，{self.place}住着一{self.intro}，名叫{self.name}。", f"{self.place}，有一{self.intro}，大家都叫{self.he}{self.name}。"])
        day = self.r.choice(["有一天", "一天早上", "一天下午", "一个晴朗的日子", "一天傍晚"])
        return start + self.r.choice([f"{day}，{self.name}来到{self.goal}。", f"{day}，{self.name}走到{self.goal}。{self.weather}",
                                      f"{self.name}喜欢去{self.goal}玩。{self.weather}", f"{self.weather}{day}，{self.name}去了{self.goal}。"])

    def plot(self) -> str:
        n, he, f, a, c, m, t, r = self.name, self.he, self.friend, self.animal, self.color, self.measure, self.thing, self.r
        sad = r.choice(["很难过", "很着急", "非常伤心", "很担心"])
        glad = r.choice(["很高兴", "非常开心", "心里暖暖的", "十分得意"])
        where = r.choice(["在草丛里", "在水边", "在椅子下面", "在树后面"])
        plots = [
            lambda: f"在那里，{he}丢了一{m}{c}的{t}。{n}{sad}，到处找也找不到。这时，一只{a}走过来问：“你在找什么？”“我在找我的{t}。”{n}说。"
                    f"{a}帮{he}一起找，不久他们{where}找到了{t}。{n}{glad}，连忙谢谢{a}。",
            lambda: f"{he}遇见了一只{r.choice(['饿了的', '累了的', '发冷的'])}{a}。{n}的包里有一些{self.food}。“我分一半给你吧。”{n}说。"
                    f"{a}吃完以后笑了。从那天起，{n}和{a}成了好朋友，每天一起玩。",
            lambda: f"忽然，暴风雨来了。风很大，{n}很害怕。{he}看见一只{a}躲在树下。“跟我来吧，”{a}说，“我的家又暖和又干燥。”"
                    f"他们坐在火边，吃着{self.food}。雨停以后，{a}送{n}回家。{n}{glad}。",
            lambda: f"{n}和朋友{f}想一起{r.choice(['造一条小船', '做一只风筝', '种一棵树', '烤一个蛋糕', '爬上山顶'])}。这件事很难，一开始没有成功。"
                    f"{f}想放弃，但是{n}说：“我们再试一次吧。”他们又试了一次，这次成功了。两个人都{glad}。",
            lambda: f"{he}捡到了一{m}{c}的{t}，非常漂亮。{n}很想留下它，可是{he}看见{f}在哭。“我的{t}不见了。”{f}说。"
                    f"{n}把{t}还给了{f}。{f}笑着说：“谢谢你，{n}！”{n}{glad}。",
            lambda: f"{n}不小心弄坏了{r.choice(['妈妈', '爸爸', '奶奶', '哥哥', '姐姐'])}的{c}{t}。{he}{sad}，想把它藏起来。可是最后{he}说了真话：“对不起。”"
                    f"大家都没有生气，一起把{t}修好了，然后一起吃{self.food}。",
            lambda: f"{n}在那里种下了一颗小小的种子，每天给它浇水。过了很多天，什么也没有长出来，{n}{sad}。"
                    f"可是一天早上，地里冒出了一片绿叶。到了夏天，开出了一朵{c}的花。{n}{glad}，带{f}来看花。",
            lambda: f"{he}和一只{a}赛跑。{a}跑得很快，可是半路上停下来{r.choice(['睡觉', '吃' + self.food, '看天上的云'])}。"
                    f"{n}一直往前跑，没有停下。最后，{n}赢了。{a}笑着说：“你真棒！”",
        ]
        return r.choice(plots)()

    def ending(self) -> str:
        return self.r.choice([f"晚上，{self.name}回到家，睡得很香。", self.moral, f"那一天，{self.name}明白了一个道理：{self.moral}", "从此，他们过着幸福的生活。",
                              f"那天夜里，{self.name}做了一个好梦。", f"{self.name}永远也忘不了那一天。", f"{self.name}把这件事告诉了家人。{self.moral}"])

    def story(self) -> str:
        return self.opening() + self.plot() + self.ending()


def story(rng: random.Random) -> str:
    return English(rng).story() if rng.random() < 0.55 else Chinese(rng).story()


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    generator = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    for _ in range(count):
        print(story(generator))
