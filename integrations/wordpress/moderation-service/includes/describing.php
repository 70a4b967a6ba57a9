<?php
/**
 * A comment and its article, as the service wants to read them.
 *
 * @package Moderation_Service
 */

namespace Moderation_Service;

defined( 'ABSPATH' ) || exit;

const ARTICLE_LENGTH = 100000; // Characters: a body has to stay under 1 MiB.
const SENT_META      = '_moderation_service_sent';

/**
 * The body of `POST /v1/comments`.
 *
 * @param string               $remote_id The service's id of the comment.
 * @param array<string, mixed> $comment   As WordPress stores it, without slashes.
 * @return array<string, mixed>
 */
function describe( $remote_id, array $comment ) {
	$post = get_post( (int) $comment['comment_post_ID'] );
	$body = array(
		'id'     => $remote_id,
		'text'   => plain_text( $comment['comment_content'] ),
		'author' => describe_author( $comment ),
	);
	$time = mysql2date( 'U', $comment['comment_date_gmt'] . ' +0000', false );
	if ( $time > 0 ) {
		$body['created_at'] = gmdate( 'Y-m-d\TH:i:s\Z', (int) $time );
	}
	if ( ! empty( $comment['comment_ID'] ) ) {
		$body['permalink'] = get_comment_link( (int) $comment['comment_ID'] );
	}
	if ( $post ) {
		$body['article'] = describe_article( $post );
	}
	if ( ! empty( $comment['comment_parent'] ) ) {
		$parent = get_comment( (int) $comment['comment_parent'] );
		if ( $parent ) {
			$record         = record_of( (int) $parent->comment_ID );
			$body['parent'] = array(
				'id'   => $record ? $record->remote_id : 'wp-' . $parent->comment_ID,
				'text' => plain_text( $parent->comment_content ),
			);
		}
	}
	return $body;
}

/**
 * Who wrote it, as far as the owner wants that sent.
 *
 * @param array<string, mixed> $comment As WordPress stores it, without slashes.
 * @return array<string, string>
 */
function describe_author( array $comment ) {
	$author = array( 'name' => plain_text( $comment['comment_author'] ) );
	if ( ! empty( $comment['user_id'] ) ) {
		$author['id'] = 'user-' . (int) $comment['user_id'];
	}
	$fields = array(
		'email' => 'comment_author_email',
		'url'   => 'comment_author_url',
		'ip'    => 'comment_author_IP',
	);
	foreach ( $fields as $ours => $theirs ) {
		if ( setting( 'send_' . $ours ) && ! empty( $comment[ $theirs ] ) ) {
			$author[ $ours ] = (string) $comment[ $theirs ];
		}
	}
	return $author;
}

/**
 * The article; its text only until the service has had it, for it is kept there.
 *
 * @param \WP_Post $post The post.
 * @return array<string, string>
 */
function describe_article( \WP_Post $post ) {
	$article = array(
		'id'    => (string) $post->ID,
		'url'   => (string) get_permalink( $post ),
		'title' => plain_text( $post->post_title ),
	);
	$text    = article_text( $post );
	if ( '' !== $text && get_post_meta( $post->ID, SENT_META, true ) !== article_digest( $text ) ) {
		$article['text'] = $text;
	}
	return $article;
}

/**
 * Note that the service has the article's text, if *body* had it in it.
 *
 * @param array<string, mixed> $body What was sent, from describe().
 */
function article_was_sent( array $body ) {
	if ( isset( $body['article']['text'] ) ) {
		update_post_meta( (int) $body['article']['id'], SENT_META, article_digest( $body['article']['text'] ) );
	}
}

/**
 * What changes when the service has to be sent the text once more: the text, or the service.
 *
 * @param string $text The article's.
 * @return string
 */
function article_digest( $text ) {
	return hash( 'sha256', setting( 'address' ) . "\n" . substr( setting( 'key' ), 0, 12 ) . "\n" . $text );
}

/**
 * The article's words. What not every reader may see stays here.
 *
 * @param \WP_Post $post The post.
 * @return string
 */
function article_text( \WP_Post $post ) {
	if ( '' !== $post->post_password || 'private' === $post->post_status ) {
		return '';
	}
	return mb_substr( plain_text( strip_shortcodes( $post->post_content ) ), 0, ARTICLE_LENGTH );
}

/**
 * The words of a text with markup, a line a block; where a link leads is said after it.
 *
 * @param string $markup HTML as WordPress stores it.
 * @return string
 */
function plain_text( $markup ) {
	$markup = (string) $markup;
	if ( false === strpbrk( $markup, '<&' ) ) {
		return $markup;
	}
	$text = preg_replace_callback(
		'#<a\s[^>]*?href\s*=\s*(["\'])(.*?)\1[^>]*>(.*?)</a>#is',
		static function ( $found ) {
			return trim( $found[3] ) === trim( $found[2] ) ? $found[3] : $found[3] . ' (' . $found[2] . ')';
		},
		$markup
	);
	$text = preg_replace( '#<br\s*/?>\n?|</(?:p|div|li|blockquote|tr|ul|ol|pre|h[1-6])>#i', "\n", null === $text ? $markup : $text );
	$text = html_entity_decode( wp_strip_all_tags( (string) $text ), ENT_QUOTES | ENT_HTML5, 'UTF-8' );
	return trim( (string) preg_replace( "/\n{3,}/", "\n\n", $text ) );
}
