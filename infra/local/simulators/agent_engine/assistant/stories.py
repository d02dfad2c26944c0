"""Three stories of eight to twelve sentences: long enough to be interrupted."""

LIGHTHOUSE = (
    "Once there was a lighthouse keeper named Marta, who lived on a rock at the edge of the sea. "
    "Every evening she climbed ninety-nine steps and lit the great lamp. "
    "One night, in the middle of a storm, the lamp went out. "
    "Marta looked for a spark, but every match in the house was wet. "
    "Far away she heard the horn of a ship that could no longer see the rocks. "
    "So she took her old brass trumpet, opened the window, and began to play. "
    "She played every song that she knew, and when she had no more, she played them again. "
    "The captain heard the music, turned the wheel, and followed the sound around the cliffs. "
    "In the morning the whole crew came ashore with fresh bread and a box of dry matches. "
    "And ever since, on stormy nights, the ships out there listen for a trumpet."
)
CLOCKMAKER = (
    "In a small town in the mountains there lived a clockmaker who was always late. "
    "He was late for breakfast, late for church, and once he was late for his own birthday. "
    "People laughed, because his shop was full of clocks, and every one of them was right. "
    "One winter the mayor asked him to repair the big clock on the town hall. "
    "He climbed up the tower, and there he found an owl, asleep among the wheels. "
    "He could not bring himself to wake her, so he sat down and waited. "
    "He waited until the evening, and the owl flew out, and the clock began to tick again. "
    "Nothing had been broken at all, it only had to be left in peace for a while. "
    "The mayor asked him what he had done, and the clockmaker said, I was late, as usual. "
    "Since that day the whole town has been glad to wait for him."
)
ROBOT = (
    "There was a little robot who watered the plants in a very large greenhouse. "
    "He knew each of them by number, and he never forgot a single one. "
    "One morning, between plant number ninety and plant number ninety-one, something new came up. "
    "It had no number, and it was not in any of his lists. "
    "The robot thought about it for a whole day, which is a long time for a robot. "
    "Then he gave it some water, and because it had no number, he gave it a name. "
    "He called it Monday, after the day on which it came. "
    "Monday grew as tall as the roof, and in summer it had flowers of the brightest yellow. "
    "After that, the robot went back to the beginning and gave every other plant a name as well."
)
STORIES = (LIGHTHOUSE, CLOCKMAKER, ROBOT)
