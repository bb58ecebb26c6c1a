package org.jarl.viewer;

import static org.lwjgl.opengl.GL33C.*;

/// Draws textures into rectangles, with a heat map over them where one is wanted.
final class Quads implements AutoCloseable {
  private static final String CORNERS =
      """
      #version 330 core
      uniform vec4 place; // left, bottom, right, top in clip space
      uniform vec4 part;  // left, top, right, bottom of the texture
      out vec2 at;
      void main() {
        vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
        at = mix(part.xw, part.zy, corner);
        gl_Position = vec4(mix(place.xy, place.zw, corner), 0, 1);
      }
      """;

  private static final String COLOURS =
      """
      #version 330 core
      uniform sampler2D picture;
      uniform sampler2D heat;
      uniform float strength;
      in vec2 at;
      out vec4 colour;
      void main() {
        vec3 plain = texture(picture, at).rgb;
        float warm = texture(heat, at).r;
        float grey = dot(plain, vec3(0.299, 0.587, 0.114));
        vec3 calm = mix(plain, vec3(grey) * 0.75, 0.55);
        vec3 glow = warm < 0.5
            ? mix(vec3(0.75, 0.15, 0.25), vec3(1.0, 0.55, 0.15), warm * 2)
            : mix(vec3(1.0, 0.55, 0.15), vec3(1.0, 0.97, 0.65), warm * 2 - 1);
        vec3 hot = mix(calm, glow, 0.85 * smoothstep(0.08, 0.6, warm));
        colour = vec4(mix(plain, hot, strength), 1);
      }
      """;

  private final int program = glCreateProgram();
  private final int corners = glGenVertexArrays();
  private final int place;
  private final int part;
  private final int strength;
  private int width = 1;
  private int height = 1;

  Quads() {
    int vertex = shader(GL_VERTEX_SHADER, CORNERS);
    int fragment = shader(GL_FRAGMENT_SHADER, COLOURS);
    glAttachShader(program, vertex);
    glAttachShader(program, fragment);
    glLinkProgram(program);
    if (glGetProgrami(program, GL_LINK_STATUS) == GL_FALSE) {
      throw new IllegalStateException(
          "the OpenGL driver does not link Jarl's shaders: " + glGetProgramInfoLog(program));
    }
    glDeleteShader(vertex);
    glDeleteShader(fragment);
    place = glGetUniformLocation(program, "place");
    part = glGetUniformLocation(program, "part");
    strength = glGetUniformLocation(program, "strength");
    glUseProgram(program);
    glUniform1i(glGetUniformLocation(program, "picture"), 0);
    glUniform1i(glGetUniformLocation(program, "heat"), 1);
  }

  private static int shader(int kind, String source) {
    int shader = glCreateShader(kind);
    glShaderSource(shader, source);
    glCompileShader(shader);
    if (glGetShaderi(shader, GL_COMPILE_STATUS) == GL_FALSE) {
      throw new IllegalStateException(
          "the OpenGL driver does not compile Jarl's shaders: " + glGetShaderInfoLog(shader));
    }
    return shader;
  }

  /// Begins to draw into a target of this size in pixels.
  void begin(int targetWidth, int targetHeight) {
    width = targetWidth;
    height = targetHeight;
    glUseProgram(program);
    glBindVertexArray(corners);
    glDisable(GL_BLEND);
    glDisable(GL_CULL_FACE);
    glDisable(GL_DEPTH_TEST);
    glDisable(GL_STENCIL_TEST);
    glDisable(GL_SCISSOR_TEST);
    glUniform1f(strength, 0);
    glUniform4f(part, 0, 0, 1, 1);
  }

  /// Lays a heat map of values `0 .. 255` over the next pictures.
  void heat(Texture map, float cover) {
    map.bind(1);
    glUniform1f(strength, cover);
  }

  /// Takes the heat map away.
  void noHeat() {
    glUniform1f(strength, 0);
  }

  /// Draws a whole texture into a rectangle given in pixels from the upper left corner.
  void draw(Texture texture, float x, float y, float pictureWidth, float pictureHeight) {
    draw(texture, 0, 1, x, y, pictureWidth, pictureHeight);
  }

  /// Draws the part of a texture between two heights, 0 its top and 1 its bottom.
  void draw(Texture texture, float top, float bottom, float x, float y, float w, float h) {
    texture.bind(0);
    glUniform4f(part, 0, top, 1, bottom);
    glUniform4f(
        place,
        2 * x / width - 1,
        1 - 2 * (y + h) / height,
        2 * (x + w) / width - 1,
        1 - 2 * y / height);
    glDrawArrays(GL_TRIANGLE_STRIP, 0, 4);
  }

  @Override
  public void close() {
    glDeleteProgram(program);
    glDeleteVertexArrays(corners);
  }
}
